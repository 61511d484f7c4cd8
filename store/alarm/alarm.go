// Package alarm decides what the owner must be told unasked, from how the box office stands, and remembers what was
// told, so that each thing is told once, and its end too.
//
// It is pure. It must never do I/O, read a clock, or hold a sentence: views/wording has the words.
package alarm

import (
	"slices"
	"time"
)

// Kind is what is wrong.
type Kind string

// The alarms.
const (
	NoCallbacks       Kind = "no_callbacks"       // M-PESA reports on none of the latest prompts
	DarajaDark        Kind = "daraja_dark"        // Daraja fails, and no prompt goes out
	LogInFails        Kind = "log_in_fails"       // Daraja lets us not log in
	RefundOverdue     Kind = "refund_overdue"     // money is due back for too long
	MessagesFail      Kind = "messages_fail"      // many e-mails or SMS to customers do not go out
	BackupOld         Kind = "backup_old"         // the last good backup is too old
	DiskLow           Kind = "disk_low"           // the disk of the books is nearly full
	CertificateEnding Kind = "certificate_ending" // the site's certificate ends soon
	PasswordEnding    Kind = "password_ending"    // the password of M-PESA's API user ends soon
)

// Kinds lists them, the most urgent first.
func Kinds() []Kind {
	return []Kind{
		NoCallbacks, DarajaDark, LogInFails, DiskLow, RefundOverdue, MessagesFail, BackupOld, CertificateEnding,
		PasswordEnding,
	}
}

const (
	// SilentPrompts is how many prompts that Daraja has accepted must be without a callback, all older than
	// CallbackWait. A customer who does nothing is reported after a minute or two.
	SilentPrompts = 3
	// CallbackWait is how long a callback may take.
	CallbackWait = 5 * time.Minute
	// LogInTries is how many log-ins must fail, one after the other.
	LogInTries = 3
	// RefundWait is how long money may be due back.
	RefundWait = time.Hour
	// MessagesMany is how many messages to customers must be in trouble.
	MessagesMany = 5
	// BackupLate is how many intervals old the last good backup may be.
	BackupLate = 2
	// CertificateWarning is how long before its end a certificate should have been renewed.
	CertificateWarning = 10 * 24 * time.Hour
	// PasswordLife is how long M-PESA takes the password of an API user.
	PasswordLife = 90 * 24 * time.Hour
	// PasswordWarning is how old it is when the owner is told.
	PasswordWarning = 80 * 24 * time.Hour
	// Settle is how long a cause must be gone before its end is told: what comes and goes is one alarm.
	Settle = 5 * time.Minute
)

// State is how the box office stands. What is nil is not known, and neither raises an alarm nor ends one.
type State struct {
	Now      time.Time
	Prompts  *Prompts
	Daraja   *Daraja
	Refunds  *Refunds
	Messages *int // to customers, that fail, or of which nobody knows since the last day whether they went out
	Backup   *Backup
	Disk     *Disk
	SiteEnds *time.Time // when the certificate of the site's address ends
	Password *time.Time // since when the API user has its password
	LogIns   *int       // how many log-ins to Daraja have failed, one after the other
}

// Prompts is what became of the latest prompts that Daraja accepted, SilentPrompts at most, none younger than
// CallbackWait.
type Prompts struct {
	Accepted  int
	First     time.Time // when the earliest of them was made
	Callbacks int       // about prompts, that have come since then
}

// Daraja is its circuit breaker.
type Daraja struct {
	Open     bool // no prompts go out but single probes
	Failures int  // calls that failed, one after the other
}

// Refunds is what is due back.
type Refunds struct {
	Count  int
	Cents  int64
	Oldest time.Time // since when the one is due that is due for longest
}

// Backup is the last one that was good.
type Backup struct {
	Last  time.Time
	Every time.Duration // how often one is to be made
}

// Disk is that of the books.
type Disk struct {
	Free  uint64 // bytes that the program may still write
	Needs uint64 // bytes that should be free
}

// Alarm is one thing that somebody must look into.
type Alarm struct {
	Kind  Kind
	Count int64     // prompts, calls, payments, or bytes that are free; 0 where nothing is counted
	Cents int64     // of refunds
	At    time.Time // since when, or when it ends
}

// Decide finds what is wrong. Unknown are the kinds of which the state says nothing.
func Decide(s State) (found []Alarm, unknown []Kind) {
	for _, kind := range Kinds() {
		is, a, known := rules[kind](s)
		switch {
		case !known:
			unknown = append(unknown, kind)
		case is:
			a.Kind = kind
			found = append(found, a)
		}
	}
	return found, unknown
}

// rules says for each kind whether it is so, and whether that is known.
var rules = map[Kind]func(State) (is bool, a Alarm, known bool){
	NoCallbacks: func(s State) (bool, Alarm, bool) {
		if s.Prompts == nil {
			return false, Alarm{}, false
		}
		p := *s.Prompts
		return p.Accepted >= SilentPrompts && p.Callbacks == 0, Alarm{Count: int64(p.Accepted), At: p.First}, true
	},
	DarajaDark: func(s State) (bool, Alarm, bool) {
		if s.Daraja == nil {
			return false, Alarm{}, false
		}
		return s.Daraja.Open, Alarm{Count: int64(s.Daraja.Failures)}, true
	},
	LogInFails: func(s State) (bool, Alarm, bool) {
		if s.LogIns == nil {
			return false, Alarm{}, false
		}
		return *s.LogIns >= LogInTries, Alarm{Count: int64(*s.LogIns)}, true
	},
	RefundOverdue: func(s State) (bool, Alarm, bool) {
		if s.Refunds == nil {
			return false, Alarm{}, false
		}
		r := *s.Refunds
		late := r.Count > 0 && s.Now.Sub(r.Oldest) > RefundWait
		return late, Alarm{Count: int64(r.Count), Cents: r.Cents, At: r.Oldest}, true
	},
	MessagesFail: func(s State) (bool, Alarm, bool) {
		if s.Messages == nil {
			return false, Alarm{}, false
		}
		return *s.Messages >= MessagesMany, Alarm{Count: int64(*s.Messages)}, true
	},
	BackupOld: func(s State) (bool, Alarm, bool) {
		if s.Backup == nil || s.Backup.Every <= 0 {
			return false, Alarm{}, false
		}
		return s.Now.Sub(s.Backup.Last) > BackupLate*s.Backup.Every, Alarm{At: s.Backup.Last}, true
	},
	DiskLow: func(s State) (bool, Alarm, bool) {
		if s.Disk == nil {
			return false, Alarm{}, false
		}
		return s.Disk.Free < s.Disk.Needs, Alarm{Count: int64(min(s.Disk.Free, 1<<62))}, true
	},
	CertificateEnding: func(s State) (bool, Alarm, bool) {
		if s.SiteEnds == nil {
			return false, Alarm{}, false
		}
		return s.SiteEnds.Sub(s.Now) < CertificateWarning, Alarm{At: *s.SiteEnds}, true
	},
	PasswordEnding: func(s State) (bool, Alarm, bool) {
		if s.Password == nil {
			return false, Alarm{}, false
		}
		return s.Now.Sub(*s.Password) >= PasswordWarning, Alarm{At: s.Password.Add(PasswordLife)}, true
	},
}

// Kept is an alarm as the books keep it, from when it was raised until its end was told.
type Kept struct {
	Alarm
	Raised  time.Time
	Seen    time.Time // when its cause was last found, or not known to be gone
	Told    time.Time // zero until somebody was told
	Ended   time.Time // zero while it is on
	EndTold time.Time // zero until somebody was told of the end
}

// On reports whether it has not ended.
func (k Kept) On() bool { return k.Ended.IsZero() }

// Tells is what somebody must still be told of it: that it is so, or that it is over. An alarm that ended before
// anybody was told of it is not told at all.
func (k Kept) Tells() (raised, over bool) {
	return k.On() && k.Told.IsZero(), !k.On() && !k.Told.IsZero() && k.EndTold.IsZero()
}

// Next is what the books keep after a look: kept is what they kept before. Of each kind there is one at most.
func Next(kept []Kept, found []Alarm, unknown []Kind, now time.Time) []Kept {
	var next []Kept
	for _, kind := range Kinds() {
		was, before := find(kept, kind)
		at := slices.IndexFunc(found, func(a Alarm) bool { return a.Kind == kind })
		switch {
		case at >= 0:
			next = append(next, was.again(found[at], now))
		case !before:
		case was.On() && slices.Contains(unknown, kind):
			was.Seen = now // it may be so
			next = append(next, was)
		case was.On() && now.Sub(was.Seen) >= Settle:
			was.Ended = now
			next = append(next, was)
		default:
			next = append(next, was)
		}
	}
	return next
}

// again is the alarm where its cause is found once more. An end that nobody was told of was none.
func (k Kept) again(a Alarm, now time.Time) Kept {
	if k.Kind == "" || !k.On() && (k.Told.IsZero() || !k.EndTold.IsZero()) {
		return Kept{Alarm: a, Raised: now, Seen: now}
	}
	k.Alarm, k.Seen, k.Ended = a, now, time.Time{}
	return k
}

func find(kept []Kept, kind Kind) (Kept, bool) {
	i := slices.IndexFunc(kept, func(k Kept) bool { return k.Kind == kind })
	if i < 0 {
		return Kept{}, false
	}
	return kept[i], true
}
