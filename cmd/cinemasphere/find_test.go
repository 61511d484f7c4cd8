package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestFindInABrowser finds a film by its day, its genre and its title, with scripts and without: the list is the same,
// and so is the page's address.
func TestFindInABrowser(t *testing.T) {
	p := start(t, "")
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			b := browse(t, p.base)
			if !scripts {
				b.scriptsOff()
			}
			const wait = 10 * time.Second
			b.do("open the home page", chromedp.Navigate(p.base+"/"))
			b.until(wait, "the list of films", `document.querySelectorAll('.card').length > 8`)
			tomorrow := js[string](b, `document.querySelectorAll('.days a')[2].id`)
			b.do("choose a day", chromedp.Click(chromedp.CSS(`.days a:nth-of-type(3)`)))
			b.until(wait, "that day's films",
				`!!document.querySelector('[id="`+tomorrow+`"][aria-current=true]')`)
			onTheDay := js[int](b, `document.querySelectorAll('.card').length`)
			b.do("type a title", chromedp.SendKeys(chromedp.CSS(`#find-q`), "The"),
				chromedp.Click(chromedp.CSS(`.find button`)))
			b.until(wait, "the films with it", `!!document.querySelector('.find-all')
				&& document.querySelector('#find-q').getAttribute('value') === 'The'`)
			if n := js[int](b, `document.querySelectorAll('.card').length`); n > onTheDay {
				t.Errorf("%d films with a title of the %d of the day", n, onTheDay)
			}
			at := js[string](b, `location.pathname + location.search.replace(/&?[a-z]+=(?=&|$)/g, '')`)
			if want := "/?day=" + tomorrow[len("day-"):] + "&q=The"; at != want {
				t.Errorf("the address is %s, want %s", at, want)
			}
			b.do("all films again", chromedp.Click(chromedp.CSS(`.find-all`)))
			b.until(wait, "all films", `document.querySelectorAll('.card').length > 8 && location.search === ''`)
		})
	}
}
