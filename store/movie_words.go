package store

import (
	"context"
	"fmt"
)

// MovieWords lists what films have in a field that forms suggest words for: genre, format, language, subtitles or
// distributor; by the names of [MovieFields].
func (s Catalogue) MovieWords(ctx context.Context) (map[string][]string, error) {
	const most = 50
	words := map[string][]string{}
	for _, field := range []string{"genre", "format", "language", "subtitles", "distributor"} {
		var list []string
		if err := s.list(ctx, &list, `SELECT `+field+` FROM movie WHERE `+field+` <> '' GROUP BY `+field+`
			ORDER BY count(*) DESC, `+field+` LIMIT $1`, most); err != nil {
			return nil, fmt.Errorf("read what films have: %w", err)
		}
		words[field] = list
	}
	return words, nil
}
