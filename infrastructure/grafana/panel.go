package main

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// panel is what panels of every kind have. Of the 24 columns it takes a few, 8 rows high unless it is a number.
type panel struct {
	title, about string
	unit         string // one of Grafana's
	columns      uint32
	queries      []query
}

// builder is what the builders of all kinds of panels can do.
type builder[B any] interface {
	Title(text string) B
	Description(text string) B
	Unit(unit string) B
	Span(columns uint32) B
	Height(rows uint32) B
	Datasource(from common.DataSourceRef) B
	WithTarget(q cog.Builder[variants.Dataquery]) B
}

func build[B builder[B]](b B, p panel, rows uint32) B {
	b = b.Title(p.title).Description(p.about).Unit(p.unit).Span(p.columns).Height(rows).Datasource(p.queries[0].source())
	for i, q := range p.queries {
		b = b.WithTarget(q.named(fmt.Sprintf("%c", 'A'+i)))
	}
	return b
}

func legend() *common.VizLegendOptionsBuilder {
	return common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom)
}

func everySeries() *common.VizTooltipOptionsBuilder {
	return common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)
}

// lines is for what is measured all the time.
func lines(p panel) cog.Builder[dashboard.Panel] {
	return build(timeseries.NewPanelBuilder().Legend(legend()).Tooltip(everySeries()).FillOpacity(10).Min(0), p, 8)
}

// bars is for what is counted: each stands for a span of time.
func bars(p panel) cog.Builder[dashboard.Panel] {
	return build(timeseries.NewPanelBuilder().Legend(legend()).Tooltip(everySeries()).Min(0).DrawStyle(common.GraphDrawStyleBars).FillOpacity(80).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A")), p, 8)
}

// number shows the last value. What is too high, or too low where the bounds fall, is red.
func number(p panel, bounds ...dashboard.Threshold) cog.Builder[dashboard.Panel] {
	b := stat.NewPanelBuilder().ReduceOptions(lastValue()).GraphMode(common.BigValueGraphModeNone)
	if len(bounds) > 0 {
		b = b.Thresholds(dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(bounds)).ColorMode(common.BigValueColorModeBackground)
	}
	return build(b, p, 4)
}

func lastValue() *common.ReduceDataOptionsBuilder {
	return common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}).Values(false)
}

// below is for numbers that must not reach a bound, above for those that must.
func below(bound float64) []dashboard.Threshold {
	return []dashboard.Threshold{{Color: "green"}, {Color: "red", Value: &bound}}
}

func above(bound float64) []dashboard.Threshold {
	return []dashboard.Threshold{{Color: "red"}, {Color: "green", Value: &bound}}
}

// gauges has a bar for each series, by its last value.
func gauges(p panel) cog.Builder[dashboard.Panel] {
	return build(bargauge.NewPanelBuilder().ReduceOptions(lastValue()).Orientation(common.VizOrientationHorizontal).
		DisplayMode(common.BarGaugeDisplayModeBasic), p, 8)
}

// heat has a row for each series, or for each bucket of a histogram.
func heat(p panel) cog.Builder[dashboard.Panel] {
	return build(heatmap.NewPanelBuilder().Calculate(false).ShowLegend().CellGap(1).
		Color(heatmap.NewHeatmapColorOptionsBuilder().Mode(heatmap.HeatmapColorModeScheme).Scheme("Oranges").Steps(64)).
		YAxis(heatmap.NewYAxisConfigBuilder().Unit(p.unit)), p, 10)
}

func list(p panel) cog.Builder[dashboard.Panel] {
	return build(table.NewPanelBuilder().Filterable(true), p, 10)
}

// row begins a part of the dashboard.
func row(title string) *dashboard.RowBuilder { return dashboard.NewRowBuilder(title) }
