package channeltest

import (
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func (g *Telegram) setWebhook(w http.ResponseWriter, _ *http.Request, in telegramIn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hook, g.secret = in.URL, in.Secret
	telegramOK(w, true)
}

// Webhook is where updates go, and the secret that they say; "" while they are asked for.
func (g *Telegram) Webhook() (to, secret string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hook, g.secret
}

// getUpdates answers one at a time, as Telegram does.
func (g *Telegram) getUpdates(w http.ResponseWriter, r *http.Request, in telegramIn) {
	over := time.NewTimer(time.Duration(in.Timeout) * time.Second)
	defer over.Stop()
	g.mu.Lock()
	if g.hook != "" || g.asking > 0 {
		g.mu.Unlock()
		telegramNo(w, http.StatusConflict, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", nil)
		return
	}
	g.asking++
	g.mu.Unlock()
	defer func() { g.mu.Lock(); g.asking--; g.mu.Unlock() }()
	for {
		g.mu.Lock()
		out, kept := []map[string]any{}, []telegramUpdate(nil)
		for _, u := range g.updates {
			if u.id >= in.Offset {
				out, kept = append(out, u.document), append(kept, u)
			}
		}
		g.updates = kept // what is before the offset is done
		fresh := g.fresh
		g.mu.Unlock()
		if len(out) > 0 || in.Timeout == 0 {
			telegramOK(w, out)
			return
		}
		select {
		case <-fresh:
		case <-over.C:
			in.Timeout = 0
		case <-r.Context().Done():
			return
		case <-g.done:
			return
		}
	}
}

// Renumber says what number the next update has.
func (g *Telegram) Renumber(next int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.nextID = next - 1
}

// bring gives an update its number, and to whoever asks.
func (g *Telegram) bring(u map[string]any) map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.nextID++
	u["update_id"] = g.nextID
	if q, ok := u["callback_query"].(map[string]any); ok {
		id := fmt.Sprintf("query-%d", g.nextID)
		q["id"], g.queries[id] = id, true
	}
	g.updates = append(g.updates, telegramUpdate{g.nextID, u})
	close(g.fresh)
	g.fresh = make(chan struct{})
	return u
}

func (m TelegramMessage) document(at time.Time) map[string]any {
	chat, _ := strconv.ParseInt(m.Chat, 10, 64)
	bot, _ := strconv.ParseInt(TelegramBot, 10, 64)
	return map[string]any{
		"message_id": m.ID, "from": map[string]any{"id": bot, "is_bot": true}, "chat": telegramChat(chat), "date": at.Unix(),
		"text": strings.TrimSpace(html.UnescapeString(telegramTags.ReplaceAllString(m.Text, ""))),
	}
}

func telegramChat(n int64) map[string]any {
	kind := "private"
	if n < 0 {
		kind = "supergroup"
	}
	return map[string]any{"id": n, "type": kind}
}

// Press has somebody press a button of a message, by what it does, and gives what Telegram tells of it.
func (g *Telegram) Press(by int64, m TelegramMessage, data string) map[string]any {
	return g.bring(map[string]any{"callback_query": map[string]any{"from": map[string]any{"id": by, "first_name": "Somebody"}, "message": m.document(time.Now()), "data": data}})
}

// Write has somebody write in a chat at a moment, maybe as a reply, and gives what Telegram tells of it.
func (g *Telegram) Write(by int64, chat, text string, at time.Time, to *TelegramMessage) map[string]any {
	n, _ := strconv.ParseInt(chat, 10, 64)
	m := map[string]any{"message_id": 1, "from": map[string]any{"id": by, "first_name": "Somebody"}, "chat": telegramChat(n), "date": at.Unix(), "text": text}
	if to != nil {
		m["reply_to_message"] = to.document(at)
	}
	return g.bring(map[string]any{"message": m})
}
