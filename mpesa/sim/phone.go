package sim

import "time"

// handset is what a phone remembers.
type handset struct {
	live   *push // the one prompt on it
	recent []*push
	byHand bool      // a payment by hand is on its way
	notes  []message // about everything but pushes, oldest first
	spent  int       // taken on the day of paid, in whole shillings
	paid   time.Time
}

// handset is the phone's, new where there was none. s.mu must be held.
func (s *Sim) handset(phone string) *handset {
	h := s.handsets[phone]
	if h == nil {
		h = &handset{}
		s.handsets[phone] = h
	}
	return h
}

// tell puts a message on a phone. s.mu must be held.
func (s *Sim) tell(phone string, m message) {
	h := s.handset(phone)
	if h.notes = append(h.notes, m); len(h.notes) > recentPushes {
		h.notes = append(h.notes[:0], h.notes[1:]...)
	}
}
