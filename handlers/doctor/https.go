package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"cinemasphere/store"
)

// certificates looks at those that the program keeps itself, as they stand in its folder.
func (c Config) certificates(context.Context) (all []Finding) {
	const name = "HTTPS"
	const do = "Let the name lead to this machine, and open ports 80 and 443 in the firewall and at the host."
	if c.HTTPS == nil {
		return nil
	}
	for _, s := range c.HTTPS.Look() {
		left := s.Ends.Sub(c.Now())
		switch {
		case s.Ends.IsZero() && s.Failed == "":
			all = append(all, Finding{name, Warning, "There is no certificate for " + s.Name + " yet.",
				"Start the program: it asks for one at once."})
		case s.Failed != "" && left <= 0:
			all = append(all, Finding{name, Failure, fmt.Sprintf("There is no certificate for %s. On %s the authority "+
				"said: %s.", s.Name, day(s.At), strings.TrimSuffix(s.Failed, ".")), do})
		case s.Failed != "":
			all = append(all, Finding{name, Warning, fmt.Sprintf("The certificate for %s could not be renewed on %s: "+
				"%s.", s.Name, day(s.At), strings.TrimSuffix(s.Failed, ".")), do})
		case left < endsSoon:
			all = append(all, Finding{name, Failure, fmt.Sprintf("The certificate for %s ends on %s.", s.Name,
				day(s.Ends)), "Look whether the program runs: it renews by itself."})
		default:
			all = append(all, Finding{name, OK, fmt.Sprintf("The certificate for %s is good until %s.", s.Name,
				day(s.Ends)), ""})
		}
	}
	return all
}

// plain looks whether who types the name alone, and the certificates' authority, reach the program by HTTP.
func (c Config) plain(ctx context.Context) (all []Finding) {
	const name = "port 80"
	if c.HTTPS == nil || c.Environment == store.Simulator {
		return nil
	}
	for _, host := range c.HTTPS.Names {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/", nil)
		if err != nil {
			continue // the settings would not have been taken
		}
		resp, err := c.client(0).Do(r)
		if err != nil {
			all = append(all, Finding{name, Warning, "Nothing answers at http://" + host + ".",
				"Open port 80: who types the name comes there first, and the certificate's authority too."})
			continue
		}
		_ = resp.Body.Close()
		if to, err := resp.Location(); err != nil || to.Scheme != "https" || to.Hostname() != c.HTTPS.Names[0] {
			all = append(all, Finding{name, Warning, "http://" + host + " does not lead to " + c.HTTPS.Site + ".",
				"Another program answers there: stop it, or leave DOMAIN out and let it have the certificate."})
			continue
		}
		all = append(all, Finding{name, OK, "http://" + host + " leads to " + c.HTTPS.Site + ".", ""})
	}
	return all
}
