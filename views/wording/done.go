package wording

import "strings"

// Done is an action of the audit log as a person reads it, before the name of what it was done to.
func Done(action string) string {
	switch action {
	case "operator.add":
		return "added to the staff"
	case "operator.edit":
		return "changed a person of the staff"
	case "operator.reset":
		return "reset the password of"
	case "operator.join":
		return "chose a password, invited as"
	case "operator.password":
		return "changed the password of"
	case "operator.code":
		return "changed the authenticator app of"
	case "operator.recovery":
		return "made new recovery codes for"
	case "operator.sign-out":
		return "signed out everywhere else"
	case "session.begin":
		return "signed in"
	case "session.end":
		return "signed out"
	case "session.refused":
		return "could not sign in"
	case "payment.refund":
		return "gave back the money of"
	case "payment.accept":
		return "accepted the receipt"
	case "payment.resolve":
		return "took off the list"
	case "ticket.admit":
		return "let in with"
	case "ticket.admit-elsewhere":
		return "let in at the door of another screening with"
	case "ticket.admit-undo":
		return "took back the admission with"
	case "ticket.ask":
		return "had M-PESA asked about"
	case "ticket.prompt":
		return "sent another prompt for"
	case "ticket.give-up":
		return "freed the seats of"
	case "ticket.message":
		return "had a message sent again of"
	case "ticket.test":
		return "made the test sale"
	case "ticket.test-away":
		return "took away the test sale"
	case "checklist.backup":
		return "said whether backups are made, on the"
	case "checklist.put-away":
		return "put away or back the"
	case "cinema.logo":
		return "changed the logo of"
	case "comp.give":
		return "gave away"
	case "comp.take-back":
		return "took back"
	case "comps.allowance":
		return "changed how many seats may be given away:"
	case "customer.export":
		return "printed what there is of the customer with the phone"
	case "customer.erase":
		return "erased the customer of"
	case "sales.pause":
		return "paused"
	case "sales.resume":
		return "took again"
	case "cinema.edit":
		return "changed the cinema"
	}
	thing, verb, _ := strings.Cut(action, ".")
	return verb + " " + thing
}
