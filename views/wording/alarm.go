package wording

import (
	"fmt"
	"strconv"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/alarm"
)

// checkUp is the examination, for who reads this in the back office and for who reads it in the log.
const checkUp = "The check-up (cinemasphere doctor)"

// Alarm says to the owner what is wrong, and what to do.
func Alarm(a store.Alarm) (what, do string) {
	at := moment(a.At)
	switch a.Kind {
	case alarm.NoCallbacks:
		return fmt.Sprintf("M-PESA has reported on none of the last %d prompts, since %s.", a.Count, at),
			"Payments are found by asking, minutes later. " + checkUp + " looks whether M-PESA can reach the " +
				"callback address."
	case alarm.DarajaDark:
		return "Daraja does not answer, and no bookings are taken.",
			"It is tried again by itself. Nothing that was paid is lost. If it lasts, look at Safaricom's notices."
	case alarm.LogInFails:
		return "Daraja lets the program not log in.",
			"No prompt can go out. " + checkUp + " says whether the credentials are wrong or Daraja is down."
	case alarm.RefundOverdue:
		return fmt.Sprintf("%s of %s due back, some since %s.", Cents(store.Cents(a.Cents)),
			counted(int(a.Count), "payment is", "payments are"), at), "See to them under To do."
	case alarm.MessagesFail:
		return fmt.Sprintf("%d e-mails or SMS to customers do not come through.", a.Count),
			"The tickets are good without them. Messages in the back office says why. " + checkUp + " logs in to the " +
				"services."
	case alarm.BackupOld:
		if a.At.Unix() <= 0 {
			return "No backup has been made.", "Look into the log why, and make one."
		}
		return "The last good backup is of " + at + ".", "Look into the log why, and make one."
	case alarm.DiskLow:
		return fmt.Sprintf("Only %s are free on the disk of the database.", Bytes(a.Count)),
			"Make room before it is full: then nothing can be sold."
	case alarm.CertificateEnding:
		return "The certificate of the site ends on " + at + ".",
			"Without one M-PESA reaches the program no more, and browsers warn. Look why it was not renewed."
	case alarm.PasswordEnding:
		return "The password of M-PESA's API user ends on " + at + ".",
			"Choose a new one in the M-PESA portal, and set it with its date: without it no receipt can be confirmed " +
				"and no refund sent."
	}
	return string(a.Kind), ""
}

// AlarmOver says to the owner that an alarm is over.
func AlarmOver(a store.Alarm) string {
	switch a.Kind {
	case alarm.NoCallbacks:
		return "M-PESA reports on prompts again."
	case alarm.DarajaDark:
		return "Daraja answers again."
	case alarm.LogInFails:
		return "Daraja lets the program log in again."
	case alarm.RefundOverdue:
		return "Nothing is due back for longer than an hour."
	case alarm.MessagesFail:
		return "Messages to customers go out again."
	case alarm.BackupOld:
		return "A good backup was made."
	case alarm.DiskLow:
		return "There is room on the disk of the database again."
	case alarm.CertificateEnding:
		return "The certificate of the site was renewed."
	case alarm.PasswordEnding:
		return "The password of M-PESA's API user is new."
	}
	return string(a.Kind)
}

// moment is a time as [Moment] shows it.
func moment(t time.Time) string { return Moment(store.At(t)) }

// Bytes is a size as people say it.
func Bytes(n int64) string {
	switch {
	case n >= 10<<30:
		return strconv.FormatInt(n>>30, 10) + " GiB"
	case n >= 1<<20:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	}
	return strconv.FormatInt(n>>10, 10) + " KiB"
}
