package text

import (
	"strings"
	"unicode"
)

// The GSM 03.38 default alphabet without its control characters, and its extension table, whose characters
// take two septets.
const (
	gsmBasic    = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "^{}\\[~]|€"
)

// latin says how letters and signs outside of the alphabet are written in it: each group is written as what
// follows its colon.
const latin = "ÀÁÂÃĀĂĄ:A áâãāăą:a ĆĈĊČ:C ćĉċčç:c ĎĐÐ:D ďđð:d ÈÊËĒĔĖĘĚ:E êëēĕėęě:e ĜĞĠĢ:G ĝğġģ:g ĤĦ:H ĥħ:h " +
	"ÌÍÎÏĨĪĬĮİ:I íîïĩīĭįı:i Ĵ:J ĵ:j Ķ:K ķĸ:k ĹĻĽĿŁ:L ĺļľŀł:l ŃŅŇŊ:N ńņňŋ:n ÒÓÔÕŌŎ:O óôõōŏ:o Ő:Ö ő:ö Œ:OE œ:oe " +
	"ŔŖŘ:R ŕŗř:r ŚŜŞŠȘ:S śŝşšș:s ŢŤŦȚ:T ţťŧț:t ÙÚÛŨŪŬŮŲ:U úûũūŭůų:u Ű:Ü ű:ü Ŵ:W ŵ:w ÝŶŸ:Y ýÿŷ:y ŹŻŽ:Z źżž:z Þ:Th þ:th ẞ:SS " +
	"А:A а:a Б:B б:b В:V в:v Г:G г:g Ґ:G ґ:g Д:D д:d ЕЁЄЭ:E еёєэ:e Ж:Zh ж:zh З:Z з:z ИЙІЇ:I ийії:i К:K к:k Л:L л:l М:M м:m " +
	"Н:N н:n О:O о:o П:P п:p Р:R р:r С:S с:s Т:T т:t У:U у:u Ф:F ф:f Х:Kh х:kh Ц:Ts ц:ts Ч:Ch ч:ch Ш:Sh ш:sh Щ:Sch щ:sch " +
	"Ы:Y ы:y Ю:Yu ю:yu Я:Ya я:ya " +
	"ΑΆ:A αά:a Β:B β:b γ:g δ:d ΕΈ:E εέ:e Ζ:Z ζ:z ΗΉ:I ηή:i θ:th ΙΊ:I ιίϊ:i Κ:K κ:k λ:l Μμµ:m Ν:N ν:n ξ:x ΟΌ:O οό:o π:p Ρ:R ρ:r " +
	"σς:s Τ:T τ:t ΥΎ:Y υύ:y φ:f Χ:Ch χ:ch ψ:ps ώω:o " +
	"‘’‚‛′`´:' “”„‟«»″:\" ‐‑‒–—―−:- …:... ·•‧:- ×:x ÷:/ ±:+- ≥:>= ≤:<= ≠:!= ≈:~ →:-> ←:<- ⇒:=> °: ²:2 ³:3 ¹:1 ½:1/2 ¼:1/4 ¾:3/4 №:No ™:TM ©:(c) ®:(r) ¢:c ¦:|"

// gsmTable says how a character is written in an SMS; itself, for those of the alphabet.
var gsmTable = newGSMTable()

func newGSMTable() map[rune]string {
	t := make(map[rune]string)
	for _, r := range gsmBasic + gsmExtended {
		t[r] = string(r)
	}
	for group := range strings.FieldsSeq(latin) {
		letters, as, _ := strings.Cut(group, ":")
		for _, r := range letters {
			if _, ok := t[r]; !ok {
				t[r] = as
			}
		}
	}
	return t
}

// gsm writes s in the GSM alphabet. What it has no way to write becomes one "?" for a run of letters or
// digits, and nothing for pictures and marks; a run of spaces becomes one.
func gsm(s string) string {
	var b strings.Builder
	space, unknown := false, false // what was written last
	for _, r := range s {
		as, ok := gsmTable[r]
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			if !space {
				b.WriteByte(' ')
			}
			space, unknown = true, false
		case ok:
			b.WriteString(as)
			space, unknown = false, false
		case unicode.IsLetter(r), unicode.IsNumber(r):
			if !unknown {
				b.WriteByte('?')
			}
			space, unknown = false, true
		}
	}
	return b.String()
}

// septets is how much of a segment's 160 a text in the GSM alphabet takes.
func septets(s string) int {
	n := 0
	for _, r := range s {
		n++
		if strings.ContainsRune(gsmExtended, r) {
			n++
		}
	}
	return n
}

// cutGSM cuts a text in the GSM alphabet to so many septets, at a word's end where one is near; "..." says so.
func cutGSM(s string, limit int) string {
	if septets(s) <= limit {
		return s
	}
	const dots = "..."
	if limit < len(dots) {
		return ""
	}
	used, end := len(dots), len(s)
	for i, r := range s {
		if used += septets(string(r)); used > limit {
			end = i
			break
		}
	}
	cut := s[:end]
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)*2/3 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.:;-") + dots
}
