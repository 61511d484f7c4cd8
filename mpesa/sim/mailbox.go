package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cinemasphere/mpesa"
)

// Mail is an e-mail that the box office would have sent.
type Mail struct {
	To, Subject, Text, HTML string
	Files                   []File
}

// File is what comes with an e-mail. ID is the Content-ID that its HTML names it by, "" for one that is attached.
type File struct {
	Name, Type, ID string
	Bytes          []byte
}

// keptMails is how many e-mails are kept.
const keptMails = 50

// kept is a mail with its number.
type keptMail struct {
	Mail
	number int
	at     time.Time
}

// Mail puts an e-mail into the one mailbox that there is, for a person to look at on the handset's pages.
func (s *Sim) Mail(m Mail) {
	m.Files = slices.DeleteFunc(m.Files, func(f File) bool { return len(f.Bytes) == 0 })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mailed++
	s.mails = append(s.mails, keptMail{Mail: m, number: s.mailed, at: s.cfg.Now()})
	s.mails = s.mails[max(0, len(s.mails)-keptMails):]
}

// Text puts an SMS of the box office on a phone.
func (s *Sim) Text(phone, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := message{From: s.cfg.CinemaName, Text: text, at: s.cfg.Now()}
	if words := strings.Fields(text); len(words) > 0 && strings.HasPrefix(words[len(words)-1], "http") {
		m.Link = words[len(words)-1]
		m.Text = strings.TrimSpace(strings.TrimSuffix(text, m.Link))
	}
	s.tell(phone, m)
}

// mailView is an e-mail on a page.
type mailView struct {
	page
	Number                  int
	When, To, Subject, Text string
	HTML                    bool
	Files                   []File
}

type mailboxView struct {
	page
	Mails []mailView
}

// mailbox lists the mails, the newest first.
func (s *Sim) mailbox() []keptMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.mails)
	slices.Reverse(all)
	return all
}

func (s *Sim) mailboxPage(w http.ResponseWriter, _ *http.Request) {
	v := mailboxView{page: page{Title: "E-mails", Root: "./", Cinema: s.cfg.CinemaName}}
	for _, m := range s.mailbox() {
		v.Mails = append(v.Mails, s.viewMail(m))
	}
	s.render(w, http.StatusOK, "mailbox", v)
}

func (s *Sim) viewMail(m keptMail) mailView {
	return mailView{
		page:   page{Title: m.Subject, Root: "../", Cinema: s.cfg.CinemaName},
		Number: m.number, When: mpesa.InNairobi(m.at).Format("15:04"), To: m.To, Subject: m.Subject, Text: m.Text,
		HTML: m.HTML != "", Files: m.Files,
	}
}

// mailOf is the mail that a request names.
func (s *Sim) mailOf(r *http.Request) (keptMail, bool) {
	n, err := strconv.Atoi(r.PathValue("mail"))
	all := s.mailbox()
	i := slices.IndexFunc(all, func(m keptMail) bool { return err == nil && m.number == n })
	if i < 0 {
		return keptMail{}, false
	}
	return all[i], true
}

func (s *Sim) mailPage(w http.ResponseWriter, r *http.Request) {
	if m, found := s.mailOf(r); found {
		s.render(w, http.StatusOK, "mail", s.viewMail(m))
		return
	}
	http.NotFound(w, r)
}

// style is the one style sheet of a mail's HTML.
var style = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// mailFile serves the HTML of a mail, or a file of it. The page may have the style sheet that stands in it, and nothing
// else that a mail could bring.
func (s *Sim) mailFile(w http.ResponseWriter, r *http.Request) {
	m, found := s.mailOf(r)
	name := r.PathValue("file")
	if found && name == "mail.html" && m.HTML != "" {
		policy := "default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
		html := m.HTML
		if sheet := style.FindStringSubmatch(html); sheet != nil {
			sum := sha256.Sum256([]byte(sheet[1]))
			policy += "; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		}
		for _, f := range m.Files {
			if f.ID != "" {
				html = strings.ReplaceAll(html, `"cid:`+f.ID+`"`, `"`+f.Name+`"`)
			}
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(html))
		return
	}
	i := slices.IndexFunc(m.Files, func(f File) bool { return f.Name == name })
	if !found || i < 0 {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", m.Files[i].Type)
	_, _ = w.Write(m.Files[i].Bytes)
}
