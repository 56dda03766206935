package wire

import (
	"context"
	"fmt"
	"reflect"
)

// Reload takes over what of the settings can change while the server runs: what people own is read from --config-dir again.
// Of the rest it says what would change with the next start. Where something is wrong nothing is changed.
func (a *App) Reload(ctx context.Context, cfg Config) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	if cfg.ConfigDir == a.Config.ConfigDir {
		if err := a.applyConfigDir(ctx); err != nil {
			return err
		}
	}
	for _, name := range a.Config.differs(cfg) {
		a.log.Warn("a setting has changed that is read at the start only: it holds from the next start on", "setting", name)
	}
	a.log.Info("the settings were read again", "log_level", cfg.LogLevel)
	return nil
}

// differs names the variables of the settings that are other ones and need a start.
func (c Config) differs(other Config) (names []string) {
	mine, theirs := reflect.ValueOf(c), reflect.ValueOf(other)
	for _, f := range reflect.VisibleFields(mine.Type()) {
		env := f.Tag.Get("env")
		if env == "" || env == "ROUSE_LOG_LEVEL" {
			continue
		}
		if fmt.Sprint(mine.FieldByIndex(f.Index)) != fmt.Sprint(theirs.FieldByIndex(f.Index)) {
			names = append(names, env)
		}
	}
	return names
}
