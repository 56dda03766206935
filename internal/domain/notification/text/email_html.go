package text

import (
	"html/template"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// colors of the severities by rank; each has a contrast of at least 4.5 with white.
var colors = [alert.Severities]string{"#5f6b7a", "#3a5f8a", "#8a5a00", "#b3441e", "#b3261e"}

// mailTemplate is one column of at most 600 px that a phone shows without zooming. Styles are inline because
// mail programs drop style sheets.
var mailTemplate = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>Rouse</title>
</head>
<body style="margin:0;padding:0;background:#f2f4f7;color:#1c2430;font:16px/1.45 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<div style="max-width:600px;margin:0 auto;padding:12px">
{{- with .Lead}}
<p style="margin:0 0 12px">{{.}}</p>
{{- end}}
{{- with .All}}
<p style="margin:0 0 12px"><a href="{{.}}" style="display:inline-block;padding:12px 22px;background:#1f4e8c;color:#ffffff;text-decoration:none;border-radius:6px;font-weight:bold">Acknowledge these {{$.AllOf}}</a></p>
{{- end}}
{{- range .Items}}
<div style="background:#ffffff;border-left:6px solid {{.Color}};border-radius:6px;padding:16px;margin:0 0 12px">
<p style="margin:0 0 8px;font-weight:bold">{{.First}}</p>
<p style="margin:0 0 2px;color:{{.Color}};font-weight:bold">{{.Heading}}</p>
<h1 style="margin:0 0 14px;font-size:20px;line-height:1.3;overflow-wrap:anywhere">{{.Title}}</h1>
{{- if or .Ack .Open .Runbook}}
<p style="margin:0 0 14px">
{{- with .Ack}}<a href="{{.}}" style="display:inline-block;margin:0 8px 8px 0;padding:12px 22px;background:#1f4e8c;color:#ffffff;text-decoration:none;border-radius:6px;font-weight:bold">Acknowledge</a>{{end}}
{{- with .Open}}<a href="{{.}}" style="display:inline-block;margin:0 8px 8px 0;padding:11px 21px;border:1px solid #1f4e8c;color:#1f4e8c;text-decoration:none;border-radius:6px;font-weight:bold">Open</a>{{end}}
{{- with .Runbook}}<a href="{{.}}" style="display:inline-block;margin:0 8px 8px 0;padding:11px 21px;border:1px solid #1f4e8c;color:#1f4e8c;text-decoration:none;border-radius:6px;font-weight:bold">Runbook</a>{{end}}
{{- with .Resolve}}<a href="{{.}}" style="display:inline-block;margin:0 0 8px;padding:12px 4px;color:#1f4e8c">Resolve</a>{{end}}</p>
{{- end}}
<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:15px">
{{- range .Facts}}
<tr><td style="padding:2px 12px 2px 0;color:#566070;vertical-align:top;white-space:nowrap">{{.Name}}</td><td style="padding:2px 0;overflow-wrap:anywhere">{{.Value}}</td></tr>
{{- end}}
</table>
{{- if .Labels}}
<p style="margin:14px 0 4px;color:#566070;font-size:14px">Labels of the first alert</p>
<table cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:14px">
{{- range .Labels}}
<tr><td style="padding:1px 12px 1px 0;color:#566070;vertical-align:top;overflow-wrap:anywhere">{{.Name}}</td><td style="padding:1px 0;overflow-wrap:anywhere">{{.Value}}</td></tr>
{{- end}}
</table>
{{- end}}
</div>
{{- end}}
{{- with .More}}
<p style="margin:0 0 12px">And {{.}}.</p>
{{- end}}
{{- with .Hint}}
<p style="margin:0 0 12px">{{.}}</p>
{{- end}}
<p style="margin:0;color:#566070;font-size:13px">{{.Footer}}</p>
</div>
</body>
</html>
`))

func (p page) html() string {
	var b strings.Builder
	if err := mailTemplate.Execute(&b, p); err != nil {
		return "" // it cannot fail: plain data, a builder; the text part says the same
	}
	return b.String()
}
