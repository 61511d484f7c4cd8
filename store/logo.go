package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"cinemasphere/store/poster"
)

// The settings of the logo, which are not part of the form of the others.
const (
	logoSetting = "cinema.logo"
	logoSize    = "cinema.logo_size" // width x height on top of pages
)

// SetLogo gives the cinema a logo in all its sizes, in place of the one it had; none takes it away. The same logo again
// changes nothing.
func (s Catalogue) SetLogo(ctx context.Context, images []poster.Image) error {
	hash, size := "", ""
	if len(images) > 0 {
		hash = poster.Hash(images)
	}
	if i := slices.IndexFunc(images, func(i poster.Image) bool { return i.Kind == poster.Head }); i >= 0 {
		size = fmt.Sprintf("%dx%d", images[i].Width, images[i].Height)
	}
	err := s.write(ctx, urgent, func(t *tx) error {
		if t.locks() {
			if err := t.lockName("cinema"); err != nil {
				return err
			}
		}
		var was string
		err := t.scan([]any{&was}, `SELECT value FROM setting WHERE key = $1`, logoSetting)
		if err != nil && !errors.Is(err, ErrNotFound) || was == hash {
			return ignoreMissing(err)
		}
		if err := t.run(`DELETE FROM logo`); err != nil {
			return err
		}
		for _, i := range images {
			if err := t.run(
				`INSERT INTO logo (kind, width, height, type, bytes, hash, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
				i.Kind, i.Width, i.Height, i.Type, base64.StdEncoding.EncodeToString(i.Bytes), hash, t.now,
			); err != nil {
				return err
			}
		}
		if err := t.setSettings(map[string]string{logoSetting: hash, logoSize: size}); err != nil {
			return err
		}
		return t.audit(change{
			action: "cinema.logo", kind: "setting", subject: "the cinema", was: map[string]string{"logo": was},
			now: map[string]string{"logo": hash},
		})
	})
	if err != nil {
		return fmt.Errorf("write the logo: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}

func readLogoSize(text string) (width, height int) {
	if _, err := fmt.Sscanf(text, "%dx%d", &width, &height); err != nil {
		return 0, 0
	}
	return width, height
}

// ignoreMissing is an error that is not about a row that is missing.
func ignoreMissing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// LogoImage reads the logo with the hash in one size, and its Content-Type. ErrNotFound where it is no longer the logo.
func (s Catalogue) LogoImage(ctx context.Context, hash string, kind poster.Kind) (body []byte, contentType string,
	err error) {
	var row struct{ Bytes, Type string }
	if err := s.read(ctx, &row, `SELECT bytes, type FROM logo WHERE hash = $1 AND kind = $2`, hash, kind); err != nil {
		return nil, "", fmt.Errorf("read logo: %w", err)
	}
	if body, err = base64.StdEncoding.DecodeString(row.Bytes); err != nil {
		return nil, "", fmt.Errorf("read logo %s: %w", hash, err)
	}
	return body, row.Type, nil
}
