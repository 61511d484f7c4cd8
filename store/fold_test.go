package store_test

import (
	"testing"

	"cinemasphere/store"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"  Ocean’s \n Eleven ": "oceans eleven", "OCEAN'S eleven": "oceans eleven", "Oceans Eleven": "oceans eleven",
		"Ng‘ang‘a": "nganga", "Ngʼangʼa": "nganga", "Ng`ang`a": "nganga", "Ng´ang´a": "nganga", "Ng＇ang＇a": "nganga",
		"Amélie": "amelie", "Wanjikũ": "wanjiku", "'": "", "a\x00b": "a b", "100% “Wolf”": "100% “wolf”",
	} {
		if got := store.Fold(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
