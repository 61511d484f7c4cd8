package checkout_test

import (
	"strings"
	"testing"

	"cinemasphere/handlers/checkout"
	"cinemasphere/store"
)

const message = "UJ22T8IYOU Confirmed. Ksh1,350.00 sent to NYOTA CINEMA for account 0ABCDEFGH on 2/10/25 at 7:14 PM. " +
	"New M-PESA balance is Ksh2,000.00."

const (
	secret  = "ABCDEFGH234567ABCDEFGH2345"
	address = "https://cinema.example/tickets/" + secret
)

func TestReadSearch(t *testing.T) {
	for typed, want := range map[string]store.Search{
		"":                       {},
		"   ":                    {},
		"0712345678":             {Phone: "254712345678", Code: "0712345678"},
		"0712 345 678":           {Phone: "254712345678", Code: "0712345678"},
		"0110 345678":            {Phone: "254110345678", Code: "0110345678"},
		"+254 712 345 678":       {Phone: "254712345678", Code: ""},
		"254712345678":           {Phone: "254712345678", Code: "254712345678"},
		"+254-110-345-678":       {Phone: "254110345678"},
		"5678":                   {LastFour: "5678"},
		"…5678":                  {LastFour: "5678"},
		"***5678":                {LastFour: "5678"},
		"56789":                  {},
		"UJ22T8IYOU":             {Receipt: "UJ22T8IYOU", Code: "UJ22T8IYOU", Name: "UJ22T8IYOU"},
		"uj22 t8iyou":            {Receipt: "UJ22T8IYOU", Code: "UJ22T8IYOU", Name: "uj22 t8iyou"},
		message:                  {Receipt: "UJ22T8IYOU", Name: message},
		"0ABCD EFGH":             {Code: "0ABCDEFGH", Name: "0ABCD EFGH"},
		"abcd-efgh":              {Code: "ABCDEFGH", Name: "abcd-efgh"},
		"CS1:0ABCDEFGH:ZZZZZZZZ": {Code: "0ABCDEFGH"},
		"cs1:0abcdefgh:zzzz":     {Code: "0ABCDEFGH"},
		"F12":                    {Seat: "F12", Name: "F12"},
		"f 12":                   {Seat: "F12", Name: "f 12"},
		"hall 1 F12":             {Code: "HALL1F12", Hall: "HALL 1", Seat: "F12", Name: "hall 1 F12"},
		"Screen Two, seat AA-3":  {Hall: "SCREEN TWO", Seat: "AA3", Name: "Screen Two, seat AA-3"},
		"1 f12":                  {Hall: "1", Seat: "F12", Name: "1 f12"},
		"  Achieng \n Otieno ":   {Name: "Achieng Otieno"},
		"Ng'ang'a":               {Name: "Ng'ang'a"},
		"Wanjikũ":                {Name: "Wanjikũ"},
		"a\x00chieng":            {Name: "achieng"},
		"O’Brien":                {Name: "O’Brien"},
		"screen1 j9":             {Code: "SCREEN1J9", Hall: "SCREEN1", Seat: "J9", Name: "screen1 j9"},
		address:                  {Secret: secret},
		"  " + address + "#paid": {Secret: secret},
		secret:                   {Name: secret},
		"\xff":                   {},
		"%":                      {},
		strings.Repeat("x", 4e3): {},
	} {
		if got := checkout.ReadSearch(typed); got != want {
			t.Errorf("%.40q is %+v, want %+v", typed, got, want)
		}
	}
}
