package wire

import (
	"math"
	"strings"
	"testing"
)

func TestSettingsThatWouldRefuseEverythingAreRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Config){
		`mail-domain: "https://rouse.example.org" is not`: func(c *Config) { c.MailDomain = "https://rouse.example.org" },
		`mail-domain: "@rouse.example.org" is not`:        func(c *Config) { c.MailDomain = "@rouse.example.org" },
		`mail-domain: "rouse example" is not`:             func(c *Config) { c.MailDomain = "rouse example" },
		"intake-burst":                                    func(c *Config) { c.IntakeBurst = 0 },
		"at least 1":                                      func(c *Config) { c.IntakeBurst = -5 },
		"paid-per-day":                                    func(c *Config) { c.PaidPerDay = -1 },
		"intake-rate":                                     func(c *Config) { c.IntakeRate = 0 },
		"above 0":                                         func(c *Config) { c.IntakeRate = -1 },
		"NaN":                                             func(c *Config) { c.IntakeRate = math.NaN() },
		"+Inf":                                            func(c *Config) { c.IntakeRate = math.Inf(1) },
		"public-url":                                      func(c *Config) { c.PublicURL = "rouse.example.org" },
		`webhook-allow: "10.1.2.3" is not a network`:    func(c *Config) { c.WebhookAllow = []string{"10.0.0.0/8", "10.1.2.3"} },
		`webhook-allow: "10.0.0.0/08" is not a network`: func(c *Config) { c.WebhookAllow = []string{"10.0.0.0/08"} },
		`trusted-proxies: "proxy" is not a network`:     func(c *Config) { c.TrustedProxies = []string{"proxy"} },
		"20 characters": func(c *Config) {
			c.AdminToken = "short"
		},
		"":  func(*Config) {},
		" ": func(c *Config) { c.IntakeRate, c.IntakeBurst, c.MailDomain = 0.5, 1, "rouse.example.org" },
	} {
		c := Config{Listen: ":8080", IntakeRate: 100, IntakeBurst: 2000, BufferTTL: 1, BufferMax: 1}
		change(&c)
		err := c.Check()
		if strings.TrimSpace(want) == "" {
			if err != nil {
				t.Errorf("good settings are refused: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want something about %s", err, want)
		}
	}
}
