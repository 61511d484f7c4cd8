package store

import (
	"context"
	"encoding/base64"
	"fmt"

	"cinemasphere/store/poster"
)

// SetPoster gives a film an uploaded poster in all its sizes, in place of the one it had. The same poster again changes
// nothing.
func (s Catalogue) SetPoster(ctx context.Context, id MovieID, images []poster.Image) (before, after Movie, err error) {
	hash := poster.Hash(images)
	return s.changeMovie(ctx, "set poster", id, func(t *tx, m Movie) error {
		if m.PosterHash == hash {
			return nil
		}
		if err := t.run(`DELETE FROM poster WHERE movie_id = $1`, id); err != nil {
			return err
		}
		for _, i := range images {
			if err := t.run(`INSERT INTO poster (movie_id, kind, width, height, type, bytes, hash, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
				id, i.Kind, i.Width, i.Height, i.Type, base64.StdEncoding.EncodeToString(i.Bytes), hash,
				t.now); err != nil {
				return err
			}
		}
		return t.posterIs(m, hash)
	})
}

// RemovePoster takes a film's uploaded poster away: it has an embedded or a drawn one then.
func (s Catalogue) RemovePoster(ctx context.Context, id MovieID) (before, after Movie, err error) {
	return s.changeMovie(ctx, "remove poster", id, func(t *tx, m Movie) error {
		if m.PosterHash == "" {
			return nil
		}
		if err := t.run(`DELETE FROM poster WHERE movie_id = $1`, id); err != nil {
			return err
		}
		return t.posterIs(m, "")
	})
}

func (t *tx) posterIs(m Movie, hash string) error {
	if err := t.run(`UPDATE movie SET poster_hash = $1 WHERE id = $2`, hash, m.ID); err != nil {
		return err
	}
	if err := t.movieEdited(m, "poster"); err != nil {
		return err
	}
	return t.audit(change{
		action: "film.poster", kind: "movie", id: int64(m.ID), subject: m.Title,
		was: map[string]string{"poster": m.PosterHash}, now: map[string]string{"poster": hash},
	})
}

// Poster reads an uploaded poster by the hash of its set and its size.
func (s Catalogue) Poster(ctx context.Context, hash string, kind poster.Kind) ([]byte, error) {
	var text string
	err := s.read(ctx, &text, `SELECT bytes FROM poster WHERE hash = $1 AND kind = $2 LIMIT 1`, hash, kind)
	if err != nil {
		return nil, fmt.Errorf("read poster: %w", err)
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("read poster %s: %w", hash, err)
	}
	return b, nil
}
