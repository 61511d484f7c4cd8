package checkout

import "context"

// checksAtOnce is how many paid tickets are queued for a check in one go.
const checksAtOnce = 300

func (s *Service) queueChecks(ctx context.Context) error {
	n, err := s.store.Money().QueueChecks(ctx, checksAtOnce)
	if n > 0 {
		s.wakeLoop()
	}
	return err
}
