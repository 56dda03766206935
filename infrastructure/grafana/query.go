package main

import (
	"reflect"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

// query asks one of the two sources.
type query interface {
	source() common.DataSourceRef
	named(refID string) cog.Builder[variants.Dataquery]
}

const (
	promKind = "prometheus"
	pgKind   = "grafana-postgresql-datasource"
)

// The data sources are variables: whoever looks chooses.
func promSource() common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr(promKind), Uid: cog.ToPtr("${prometheus}")}
}

func pgSource() common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr(pgKind), Uid: cog.ToPtr("${postgres}")}
}

// promQuery is in PromQL.
type promQuery struct {
	expr, legend string
	now          bool // one value, of the end of the time that is looked at
	buckets      bool // of a histogram
}

// over gives a value for each moment, now gives the last one, buckets those of a histogram.
func over(expr, legend string) query { return promQuery{expr: expr, legend: legend} }
func now(expr, legend string) query  { return promQuery{expr: expr, legend: legend, now: true} }
func buckets(expr string) query      { return promQuery{expr: expr, legend: "{{le}}", buckets: true} }

func (q promQuery) source() common.DataSourceRef { return promSource() }

func (q promQuery) named(refID string) cog.Builder[variants.Dataquery] {
	b := prometheus.NewDataqueryBuilder().RefId(refID).Expr(q.expr).LegendFormat(q.legend).Datasource(q.source())
	if q.buckets {
		b = b.Format(prometheus.PromQueryFormatHeatmap)
	}
	if q.now {
		return b.Instant()
	}
	return b.Range()
}

// sqlQuery is in PostgreSQL's SQL: the library has none for it. Its fields are those of Grafana's own editor.
type sqlQuery struct {
	RefID      string               `json:"refId"`
	Datasource common.DataSourceRef `json:"datasource"`
	EditorMode string               `json:"editorMode"`
	Format     string               `json:"format"`
	RawQuery   bool                 `json:"rawQuery"`
	RawSQL     string               `json:"rawSql"`
}

// series has the columns time, metric and one of values, rows has any.
func series(text string) query { return sqlQuery{Format: "time_series", RawSQL: text} }
func rows(text string) query   { return sqlQuery{Format: "table", RawSQL: text} }

func (q sqlQuery) source() common.DataSourceRef { return pgSource() }

func (q sqlQuery) named(refID string) cog.Builder[variants.Dataquery] {
	q.RefID, q.Datasource, q.EditorMode, q.RawQuery = refID, q.source(), "code", true
	return q
}

func (q sqlQuery) Build() (variants.Dataquery, error)   { return q, nil }
func (q sqlQuery) ImplementsDataqueryVariant()          {}
func (q sqlQuery) DataqueryType() string                { return pgKind }
func (q sqlQuery) Validate() error                      { return nil }
func (q sqlQuery) Equals(other variants.Dataquery) bool { return reflect.DeepEqual(q, other) }

// onMetrics makes a dashboard on Prometheus; $job is what the servers are called there.
func onMetrics(title, about, since string) *dashboard.DashboardBuilder {
	return dashboard.NewDashboardBuilder(title).Description(about).Time(since, "now").Refresh("1m").
		WithVariable(dashboard.NewDatasourceVariableBuilder("prometheus").Label("Prometheus").Description("Which Prometheus is asked.").Type(promKind)).
		WithVariable(dashboard.NewQueryVariableBuilder("job").Label("Job").Description("What Rouse is called in the configuration of Prometheus.").
			Datasource(promSource()).Query(dashboard.StringOrMap{String: cog.ToPtr("label_values(rouse_build_info, job)")}).
			Refresh(dashboard.VariableRefreshOnDashboardLoad))
}

// onRows makes a dashboard on PostgreSQL's reporting views; $team is which teams, $bucket how long a time a bar stands for.
func onRows(title, about string) *dashboard.DashboardBuilder {
	return dashboard.NewDashboardBuilder(title).Description(about).Time("now-30d", "now").
		WithVariable(dashboard.NewDatasourceVariableBuilder("postgres").Label("PostgreSQL").Description("Which PostgreSQL is asked.").Type(pgKind)).
		WithVariable(dashboard.NewQueryVariableBuilder("team").Label("Team").Description("Whose services.").
			Datasource(pgSource()).Query(dashboard.StringOrMap{String: cog.ToPtr("SELECT name FROM report_team ORDER BY name")}).
			Multi(true).IncludeAll(true).Current(option("All", "$__all")).Refresh(dashboard.VariableRefreshOnDashboardLoad)).
		WithVariable(dashboard.NewCustomVariableBuilder("bucket").Label("By").Description("What each bar stands for, in the database's time zone.").
			Values(dashboard.StringOrMap{String: cog.ToPtr("hour,day,week,month")}).Current(option("day", "day")))
}

func option(text, value string) dashboard.VariableOption {
	return dashboard.VariableOption{Selected: cog.ToPtr(true), Text: dashboard.StringOrArrayOfString{String: &text}, Value: dashboard.StringOrArrayOfString{String: &value}}
}
