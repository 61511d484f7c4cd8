package store

import (
	"context"
	"fmt"
	"reflect"
)

// Rating is a class of the film board: an entry of an editable list.
type Rating struct {
	Code        string  `db:"code"` // as it stands on posters, such as 16
	Name        string  `db:"name"`
	MinimumAge  int     `db:"minimum_age"` // in years; nobody younger is let in, 0 lets in everybody
	Explanation string  `db:"explanation"` // a sentence for customers
	Position    int     `db:"position"`    // in lists, from the mildest
	UpdatedAt   Instant `db:"updated_at"`
	Films       int     `db:"films"` // that have it, archived ones too
}

// firstRatings are the classes of the Kenya Film Classification Board that films may be shown with.
func firstRatings() []Rating {
	return []Rating{
		{Code: "GE", Name: "General exhibition", Explanation: "For everybody."},
		{
			Code: "PG", Name: "Parental guidance",
			Explanation: "Some scenes may not suit children under 10: parents decide.",
		},
		{Code: "16", Name: "16 and over", MinimumAge: 16, Explanation: "Nobody under 16 is let in."},
		{Code: "18", Name: "18 and over", MinimumAge: 18, Explanation: "Nobody under 18 is let in. Bring an ID."},
	}
}

// beginRatings writes the first list of ratings where there is none. Of several processes one wins.
func (s *Store) beginRatings(ctx context.Context) error {
	var n int
	if err := s.read(ctx, &n, `SELECT count(*) FROM rating`); err != nil || n > 0 {
		return err
	}
	return s.write(ctx, urgent, func(t *tx) error {
		for i, r := range firstRatings() {
			if err := t.run(`INSERT INTO rating (code, name, minimum_age, explanation, position, updated_at) VALUES ($1,$2,$3,$4,$5,$6)
				ON CONFLICT (code) DO NOTHING`, r.Code, r.Name, r.MinimumAge, r.Explanation, i+1, t.now); err != nil {
				return err
			}
		}
		return nil
	})
}

// Ratings lists the ratings from the mildest, each with how many films have it.
func (s Catalogue) Ratings(ctx context.Context) ([]Rating, error) {
	var rs []Rating
	if err := s.list(ctx, &rs, `SELECT code, name, minimum_age, explanation, position, updated_at,
		(SELECT count(*) FROM movie WHERE age_rating = rating.code) AS films
		FROM rating ORDER BY position, code`); err != nil {
		return nil, fmt.Errorf("read ratings: %w", err)
	}
	return rs, nil
}

// The bounds of a rating.
const (
	ratingCodeMost  = 8
	ratingNameMost  = 60
	ratingTextMost  = 200
	minimumAgeMost  = 99
	ratingPlaceMost = 1000
)

// faults are what is wrong with a rating, by the names of its form's fields.
func (r *Rating) faults() Faults {
	faults := Faults{}
	for _, f := range []struct {
		name, text string
		most       int
		needed     bool
	}{
		{"code", r.Code, ratingCodeMost, true}, {"name", r.Name, ratingNameMost, true},
		{"explanation", r.Explanation, ratingTextMost, false},
	} {
		switch {
		case f.text == "" && f.needed:
			faults[f.name] = Fault{Kind: TextMissing}
		case !printable(f.text, false):
			faults[f.name] = Fault{Kind: TextUnprintable}
		case len([]rune(f.text)) > f.most:
			faults[f.name] = Fault{Kind: TextTooLong, Most: f.most}
		}
	}
	if r.MinimumAge < 0 || r.MinimumAge > minimumAgeMost {
		faults["minimum_age"] = Fault{Kind: NumberWrong, Most: minimumAgeMost}
	}
	if r.Position < 0 || r.Position > ratingPlaceMost {
		faults["position"] = Fault{Kind: NumberWrong, Most: ratingPlaceMost}
	}
	return faults
}

// given is the rating as the audit log shows it.
func (r *Rating) given() map[string]any {
	return map[string]any{
		"name": r.Name, "minimum_age": r.MinimumAge, "explanation": r.Explanation, "position": r.Position,
	}
}

// AddRating writes a new rating. It refuses with [Faults], also where the code is on the list.
func (s Catalogue) AddRating(ctx context.Context, r Rating) error { return s.saveRating(ctx, r, true) }

// SaveRating writes what is to stand for a rating's code from now on. It refuses with [Faults], and with
// [RatingEdited] where it was changed after r.UpdatedAt; 0 does not look.
func (s Catalogue) SaveRating(ctx context.Context, r Rating) error {
	return s.saveRating(ctx, r, false)
}

func (s Catalogue) saveRating(ctx context.Context, r Rating, isNew bool) error {
	r.Code, r.Name = tidyText(r.Code, false), tidyText(r.Name, false)
	r.Explanation = tidyText(r.Explanation, false)
	if faults := r.faults(); len(faults) > 0 {
		return fmt.Errorf("save rating: %w", faults)
	}
	err := s.write(ctx, booking, func(t *tx) error {
		var was []Rating
		if err := t.list(&was, `SELECT code, name, minimum_age, explanation, position, updated_at FROM rating WHERE code = $1`,
			r.Code); err != nil {
			return err
		}
		entry := change{action: "rating.save", kind: "rating", subject: r.Code, now: r.given()}
		at := t.now
		if len(was) > 0 {
			at = max(at, was[0].UpdatedAt+1)
			if isNew {
				return Faults{"code": {Kind: CodeTaken}}
			}
			if r.UpdatedAt != 0 && r.UpdatedAt != was[0].UpdatedAt {
				return &Refusal{Kind: RatingEdited}
			}
			if entry.was = was[0].given(); reflect.DeepEqual(entry.was, entry.now) {
				return nil
			}
		}
		if err := t.run(`INSERT INTO rating (code, name, minimum_age, explanation, position, updated_at) VALUES ($1,$2,$3,$4,$5,$6)
			ON CONFLICT (code) DO UPDATE SET name = excluded.name, minimum_age = excluded.minimum_age,
			explanation = excluded.explanation, position = excluded.position, updated_at = excluded.updated_at`,
			r.Code, r.Name, r.MinimumAge, r.Explanation, r.Position, at); err != nil {
			return err
		}
		return t.audit(entry)
	})
	if err != nil {
		return fmt.Errorf("save rating: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}

// DeleteRating takes a rating off the list. One that films have is refused with [RatingInUse], and so is the last one.
func (s Catalogue) DeleteRating(ctx context.Context, code string) error {
	err := s.write(ctx, booking, func(t *tx) error {
		var films, others int
		if err := t.scan([]any{&films, &others}, `SELECT (SELECT count(*) FROM movie WHERE age_rating = $1),
			(SELECT count(*) FROM rating WHERE code <> $1)`, code); err != nil {
			return err
		}
		if films > 0 || others == 0 {
			return &Refusal{Kind: RatingInUse, Left: films}
		}
		n, err := t.exec(`DELETE FROM rating WHERE code = $1`, code)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.audit(change{action: "rating.delete", kind: "rating", subject: code})
	})
	if err != nil {
		return fmt.Errorf("delete rating: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}
