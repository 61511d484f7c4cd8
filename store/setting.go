package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Cinema is the cinema's name, address and contacts as its pages show them. Each field is a setting and may be empty.
type Cinema struct {
	Name, Tagline, About       string
	AddressLine1, AddressLine2 string
	MapURL                     string // a full address, of a map with the cinema on it
	Email, Phone               string
	Facebook, Instagram, X     string // full addresses of its pages elsewhere
	KRAPin                     string // of the company, for receipts
	RefundTerms                string // when and how customers get their money back
	Accent                     string // colour of buttons, such as #e50914; "" is the usual red
	Logo                       string // its hash, as in its addresses; "" for none. See [Catalogue.SetLogo]
	LogoWidth, LogoHeight      int    // pixels of it on top of pages
	Version                    int64  // grows with each change: see [ErrChanged]
}

// Own reports whether the cinema has said who it is. Otherwise its pages are the sample's, or those of a program that
// is not set up.
func (c Cinema) Own() bool { return c.Version > 0 || c.Logo != "" }

// Changes counts the changes of films, halls, screenings and settings by this process.
func (s Catalogue) Changes() uint64 { return s.catalogue.Load() }

// Setting reads one setting; ErrNotFound where it was never set.
func (s Catalogue) Setting(ctx context.Context, key string) (string, error) {
	var v string
	err := s.read(ctx, &v, `SELECT value FROM setting WHERE key = $1`, key)
	return v, err
}

// SetSettings writes settings, all or none.
func (s Catalogue) SetSettings(ctx context.Context, values map[string]string) error {
	err := s.write(ctx, urgent, func(t *tx) error { return t.setSettings(values) })
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}

func (t *tx) setSettings(values map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(values)) {
		if err := t.run(`INSERT INTO setting (key, value, updated_at) VALUES ($1,$2,$3)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`, k, values[k], t.now); err != nil {
			return err
		}
	}
	return nil
}

// lockSettings keeps others from changing settings that one form edits, until this write ends. It returns their
// version: where that is not the form's, the form is refused with ErrChanged. The version is a setting of its own,
// which whoever writes the others counts up.
func (t *tx) lockSettings(versionKey string) (version int64, err error) {
	if t.locks() {
		if err := t.lockName("setting " + versionKey); err != nil {
			return 0, err
		}
	}
	return settingsVersion(t.list, versionKey)
}

// settingsVersion is how often settings were changed that one form edits.
func settingsVersion(list func(dest any, query string, args ...any) error, versionKey string) (int64, error) {
	var values []string
	if err := list(&values, `SELECT value FROM setting WHERE key = $1`, versionKey); err != nil || len(values) == 0 {
		return 0, err
	}
	version, err := strconv.ParseInt(values[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("setting %s: %w", versionKey, err)
	}
	return version, nil
}

// SettingOr reads a setting. Where it is unset, it writes what make returns, such as a key made once. Of several
// processes that start together one wins, and all return its value.
func (s Catalogue) SettingOr(ctx context.Context, key string, make func() string) (string, error) {
	if v, err := s.Setting(ctx, key); err == nil {
		return v, nil
	}
	value := make()
	err := s.write(ctx, urgent, func(t *tx) error {
		return t.run(`INSERT INTO setting (key, value, updated_at) VALUES ($1,$2,$3) ON CONFLICT (key) DO NOTHING`, key, value, t.now)
	})
	if err != nil {
		return "", fmt.Errorf("write setting %s: %w", key, err)
	}
	return s.Setting(ctx, key)
}

func (c *Cinema) fields() map[string]*string {
	return map[string]*string{
		"cinema.name": &c.Name, "cinema.tagline": &c.Tagline, "cinema.about": &c.About,
		"cinema.address1": &c.AddressLine1, "cinema.address2": &c.AddressLine2,
		"cinema.email": &c.Email, "cinema.phone": &c.Phone,
		"cinema.facebook": &c.Facebook, "cinema.instagram": &c.Instagram, "cinema.x": &c.X,
		"cinema.map": &c.MapURL, "cinema.kra_pin": &c.KRAPin, "cinema.refund_terms": &c.RefundTerms,
		"cinema.accent": &c.Accent,
	}
}

// Cinema reads the cinema's name, address and contacts. The default name is CinemaSphere.
func (s Catalogue) Cinema(ctx context.Context) (Cinema, error) {
	var rows []struct{ Key, Value string }
	if err := s.list(ctx, &rows, `SELECT key, value FROM setting WHERE key LIKE 'cinema.%'`); err != nil {
		return Cinema{}, fmt.Errorf("read the cinema's settings: %w", err)
	}
	return cinemaOf(rows), nil
}

// cinemaOf is the cinema that settings say.
func cinemaOf(rows []struct{ Key, Value string }) Cinema {
	c := Cinema{Name: "CinemaSphere"}
	fields := c.fields()
	for _, r := range rows {
		if f, ok := fields[r.Key]; ok {
			*f = r.Value
		}
		number, _ := strconv.ParseInt(r.Value, 10, 64) // where it is one, as those are that are written here; else 0
		switch r.Key {
		case cinemaVersion:
			c.Version = number
		case logoSetting:
			c.Logo = r.Value
		case logoSize:
			c.LogoWidth, c.LogoHeight = readLogoSize(r.Value)
		}
	}
	return c
}

// cinemaVersion is the setting that counts the changes of the others.
const cinemaVersion = "cinema.version"

// SetCinema writes the cinema's name, address and contacts, where nobody has changed them since the version that c was
// made from: else ErrChanged.
func (s Catalogue) SetCinema(ctx context.Context, c Cinema) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		version, err := t.lockSettings(cinemaVersion)
		if err == nil && version != c.Version {
			err = ErrChanged
		}
		if err != nil {
			return err
		}
		var rows []struct{ Key, Value string }
		if err := t.list(&rows, `SELECT key, value FROM setting WHERE key LIKE 'cinema.%'`); err != nil {
			return err
		}
		return t.setCinema(c, cinemaOf(rows))
	})
	if err != nil {
		return fmt.Errorf("write the cinema's settings: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}

func (t *tx) setCinema(c, was Cinema) error {
	values, changed, before := c.values(), map[string]string{}, was.values()
	for key, value := range values {
		if before[key] == value {
			delete(before, key)
		} else {
			changed[key] = value
		}
	}
	if len(changed) == 0 {
		return nil
	}
	values[cinemaVersion] = strconv.FormatInt(c.Version+1, 10)
	if err := t.setSettings(values); err != nil {
		return err
	}
	return t.audit(change{action: "cinema.edit", kind: "setting", subject: c.Name, was: before, now: changed})
}

func (c *Cinema) values() map[string]string {
	values := map[string]string{}
	for k, f := range c.fields() {
		values[k] = *f
	}
	return values
}
