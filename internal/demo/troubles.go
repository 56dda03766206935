package demo

import "time"

// kind is a sort of trouble as the stock rules of Kubernetes' monitoring, and a shop's own, tell of it.
type kind struct {
	alert, severity string
	team            string            // who answers
	labels          map[string]string // where it is
	vary            string            // the label by which its alerts differ, several may fire together
	of              []string          // its values
	says            string            // the summary; %s is the value
	more            string            // the description
	note            string            // what somebody writes about it, "" for nothing
	perWeek         float64
	hours           hours
	lasts           [2]time.Duration
	acted           float64 // how often somebody acknowledges it, if it lasts
}

// hours say when a trouble comes.
type hours int

const (
	always  hours = iota
	traffic       // with the customers
	nightly       // with the jobs of the night
)

// weight is how likely a moment is, from 0 to 1; h is the hour in Europe, where the customers are.
func (w hours) weight(t time.Time) float64 {
	h, weekend := t.UTC().Hour()+1, t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
	switch w {
	case traffic:
		by := 0.08
		switch {
		case h >= 18 && h < 23:
			by = 1
		case h >= 9 && h < 18:
			by = 0.6
		}
		if weekend {
			by *= 0.7
		}
		return by
	case nightly:
		if h >= 1 && h < 5 {
			return 1
		}
		return 0.02
	case always:
	}
	if !weekend && h >= 9 && h < 18 { // people change things
		return 1
	}
	return 0.35
}

func span(from, to time.Duration) [2]time.Duration { return [2]time.Duration{from, to} }

var nodes = []string{"node-1.eu.example.org", "node-2.eu.example.org", "node-3.eu.example.org", "node-4.eu.example.org"}

// kinds are all that goes wrong here.
var kinds = []kind{
	{
		alert: "HighErrorRate", severity: "critical", team: "shop", hours: traffic, perWeek: 3, lasts: span(6*time.Minute, 50*time.Minute), acted: 0.95,
		labels: map[string]string{"service": "checkout", "job": "checkout", "namespace": "shop", "environment": "production"},
		vary:   "pod", of: []string{"checkout-6d5f7c9b8-x2v4q", "checkout-6d5f7c9b8-8hk2m", "checkout-6d5f7c9b8-zz7wp"},
		says: "7 % of the requests to checkout fail", more: "Errors of %s have been above 5 % for 5 minutes.",
		note: "The last deployment is the cause. Rolled back, the error rate falls.",
	},
	{
		alert: "HighLatency", severity: "error", team: "shop", hours: traffic, perWeek: 4, lasts: span(4*time.Minute, 30*time.Minute), acted: 0.8,
		labels: map[string]string{"service": "storefront", "job": "storefront", "namespace": "shop", "environment": "production"},
		vary:   "pod", of: []string{"storefront-7b9c5d4f6-mq8rt", "storefront-7b9c5d4f6-c4jxl"},
		says: "p99 of storefront is over 2 s", more: "The slowest hundredth of what %s answers takes longer than 2 s.",
		note: "Search is slow and storefront waits for it.",
	},
	{
		alert: "SearchIndexStale", severity: "warning", team: "shop", hours: nightly, perWeek: 3, lasts: span(20*time.Minute, 3*time.Hour), acted: 0.3,
		labels: map[string]string{"service": "search", "job": "search-indexer", "namespace": "shop", "environment": "production"},
		vary:   "index", of: []string{"products", "categories"},
		says: "The search index %s is older than 6 h", more: "The indexer has not finished since.",
	},
	{
		alert: "KubePodCrashLooping", severity: "warning", team: "shop", hours: always, perWeek: 6, lasts: span(5*time.Minute, 40*time.Minute), acted: 0.35,
		labels: map[string]string{"job": "kube-state-metrics", "namespace": "shop", "container": "recommendations", "cluster": "production", "reason": "CrashLoopBackOff"},
		vary:   "pod", of: []string{"recommendations-5c8d9f7b-4xk9z", "recommendations-5c8d9f7b-jw2ls"},
		says: "Pod is crash looping.", more: "Pod shop/%s (recommendations) is in waiting state (reason: \"CrashLoopBackOff\").",
		note: "Out of memory again: the limit is raised until the leak is found.",
	},
	{
		alert: "PaymentProviderErrors", severity: "critical", team: "payments", hours: traffic, perWeek: 2, lasts: span(8*time.Minute, 90*time.Minute), acted: 0.97,
		labels: map[string]string{"service": "payments", "job": "payments", "namespace": "payments", "environment": "production"},
		vary:   "provider", of: []string{"cards", "transfers", "wallets"},
		says: "Payments by %s fail", more: "More than 10 % of the payments by %s were refused by the provider within 5 minutes.",
		note: "The provider confirms an outage on its status page. Customers are told at the checkout.",
	},
	{
		alert: "InvoiceQueueGrowing", severity: "error", team: "payments", hours: always, perWeek: 2, lasts: span(15*time.Minute, 2*time.Hour), acted: 0.7,
		labels: map[string]string{"service": "invoices", "job": "invoices", "namespace": "payments", "environment": "production"},
		vary:   "queue", of: []string{"invoices-pdf", "invoices-mail"},
		says: "The queue %s has more than 5000 entries", more: "Nothing leaves %s as fast as it comes in.",
	},
	{
		alert: "PostgreSQLReplicationLag", severity: "error", team: "payments", hours: nightly, perWeek: 2, lasts: span(3*time.Minute, 25*time.Minute), acted: 0.4,
		labels: map[string]string{"service": "ledger-db", "job": "postgres", "namespace": "payments", "environment": "production"},
		vary:   "instance", of: []string{"ledger-db-1", "ledger-db-2"},
		says: "Replication of ledger-db is 2 min behind", more: "%s has not replayed what its primary wrote for 2 minutes.",
	},
	{
		alert: "PostgreSQLTooManyConnections", severity: "critical", team: "platform", hours: traffic, perWeek: 1, lasts: span(5*time.Minute, 40*time.Minute), acted: 0.95,
		labels: map[string]string{"service": "orders-db", "job": "postgres", "namespace": "shop", "environment": "production"},
		vary:   "instance", of: []string{"orders-db-0"},
		says: "orders-db has 5 connections left", more: "%s refuses connections soon.",
		note: "A report held 40 connections. Ended it, and gave reports a pool of their own.",
	},
	{
		alert: "KubePersistentVolumeFillingUp", severity: "critical", team: "platform", hours: always, perWeek: 0.7, lasts: span(20*time.Minute, 3*time.Hour), acted: 0.95,
		labels: map[string]string{"job": "kubelet", "namespace": "kafka", "service": "kafka", "cluster": "production"},
		vary:   "persistentvolumeclaim", of: []string{"data-kafka-0", "data-kafka-1", "data-kafka-2"},
		says: "PersistentVolume is filling up.", more: "The PersistentVolume claimed by %s in namespace kafka is only 2.8 % free.",
		note: "Retention of the clicks topic is down to 2 days, the volume grows over night.",
	},
	{
		alert: "NodeFilesystemAlmostOutOfSpace", severity: "warning", team: "platform", hours: nightly, perWeek: 3, lasts: span(30*time.Minute, 5*time.Hour), acted: 0.25,
		labels: map[string]string{"job": "node-exporter", "namespace": "monitoring", "cluster": "production", "device": "/dev/vda1", "mountpoint": "/var/lib"},
		vary:   "instance", of: nodes,
		says: "Filesystem has less than 5% space left.", more: "Filesystem on /dev/vda1, mounted on /var/lib, at %s has only 4.6% available space left.",
	},
	{
		alert: "NodeClockNotSynchronising", severity: "warning", team: "platform", hours: always, perWeek: 4, lasts: span(2*time.Minute, 12*time.Minute), acted: 0,
		labels: map[string]string{"job": "node-exporter", "namespace": "monitoring", "cluster": "production"},
		vary:   "instance", of: nodes,
		says: "Clock not synchronising.", more: "Clock at %s is not synchronising. Ensure NTP is configured on this host.",
	},
	{
		alert: "IngressCertificateExpiry", severity: "warning", team: "platform", hours: always, perWeek: 0.4, lasts: span(2*time.Hour, 20*time.Hour), acted: 0.9,
		labels: map[string]string{"service": "ingress-nginx", "job": "ingress-nginx", "namespace": "ingress", "environment": "production"},
		vary:   "host", of: []string{"shop.example.org", "api.example.org"},
		says: "The certificate of %s ends within 14 days", more: "It was not renewed: look at the issuer.",
		note: "The DNS challenge had no rights any more. Renewed.",
	},
	{
		alert: "TargetDown", severity: "warning", team: "platform", hours: always, perWeek: 5, lasts: span(3*time.Minute, 20*time.Minute), acted: 0.15,
		labels: map[string]string{"job": "kafka", "namespace": "kafka", "service": "kafka", "environment": "staging"},
		vary:   "instance", of: []string{"kafka-0", "kafka-1", "kafka-2"},
		says: "One or more targets are unreachable.", more: "33.33% of the kafka targets in kafka namespace are down (%s).",
	},
	{
		alert: "KubeJobFailed", severity: "warning", team: "platform", hours: nightly, perWeek: 2.5, lasts: span(time.Hour, 7*time.Hour), acted: 0.6,
		labels: map[string]string{"job": "kube-state-metrics", "namespace": "backup", "cluster": "production"},
		vary:   "job_name", of: []string{"backup-orders-db", "backup-ledger-db", "backup-files"},
		says: "Job failed to complete.", more: "Job backup/%s failed to complete. Removing failed job after investigation should clear this alert.",
		note: "The bucket's credentials had run out.",
	},
	{
		alert: "CPUThrottlingHigh", severity: "info", team: "shop", hours: traffic, perWeek: 7, lasts: span(10*time.Minute, 90*time.Minute), acted: 0,
		labels: map[string]string{"job": "kubelet", "namespace": "shop", "container": "search", "cluster": "production"},
		vary:   "pod", of: []string{"search-0", "search-1", "search-2"},
		says: "Processes experience elevated CPU throttling.", more: "38.2% throttling of CPU in namespace shop for container search in pod %s.",
	},
	{
		alert: "FTPUploadMissing", severity: "warning", team: "platform", hours: nightly, perWeek: 1.5, lasts: span(time.Hour, 4*time.Hour), acted: 0.5,
		labels: map[string]string{"service": "partner-ftp", "job": "blackbox", "environment": "production"}, // a service that nobody has claimed
		vary:   "partner", of: []string{"northwind", "contoso"},
		says: "Today's file of %s is not there", more: "It comes at 02:00.",
	},
}

// outage is what a database that goes away sets off: several kinds within minutes.
var outage = []string{"PostgreSQLTooManyConnections", "HighErrorRate", "HighLatency", "PaymentProviderErrors", "InvoiceQueueGrowing", "KubePodCrashLooping"}

// outagesPerWeek is how often that happens.
const outagesPerWeek = 0.4
