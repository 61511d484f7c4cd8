package sim

// Result codes. All are strings here: some that were observed are not numbers.
const (
	codePaid        = "0"
	codeNoFunds     = "1"
	codeTooLong     = "1025"
	codeCancelled   = "1032"
	codeTimeout     = "1037"
	codeWrongPIN    = "2001"
	codeNotPermit   = "2028"
	codeInFlight    = "4999" // query only
	codeNoOperator  = "SFC_IC0003"
	codeBadContract = "E3008"

	// Of Transaction Status and Reversal.
	codeDeclined  = "2006"
	codeFormat    = "25"      // observed for an id of the wrong shape
	codeNoReceipt = "2032"    // observed
	codeReversed  = "R000001" // documented
	codeNoPayment = "R000002" // documented, and observed
)

// requestText is Safaricom's text for the result of a Transaction Status or a Reversal request.
func requestText(code string) string {
	switch code {
	case codeReversed:
		return "The transaction has already been reversed."
	case codeNoPayment:
		return "The OriginalTransactionID is invalid."
	case codeNoReceipt:
		return "The transaction receipt number does not exist."
	case codeFormat:
		return "The format of parameter null is invalid."
	case "11":
		return "The DebitParty is in an invalid state."
	case "21":
		return "The initiator is not allowed to initiate this request."
	case codeDeclined:
		return "Declined due to account rule."
	}
	text, _ := resultText(code)
	return text
}

// resultText is Safaricom's text for a code, in a callback and in the answer to a query: the two differ for one and
// the same payment (observed), so nobody may decide anything by them.
func resultText(code string) (callback, query string) {
	same := func(text string) (string, string) { return text, text }
	switch code {
	case codePaid:
		return same("The service request is processed successfully.")
	case codeNoFunds:
		return same("The balance is insufficient for the transaction.")
	case "17":
		return same("Rule limited.")
	case "1001":
		return same("Unable to lock subscriber, a transaction is already in process for the current subscriber.")
	case "1019":
		return same("Transaction has expired.")
	case codeTooLong, "9999":
		return same("An error occurred while sending a push request.")
	case codeCancelled:
		return "Request Cancelled by user.", "Request cancelled by user"
	case codeTimeout:
		return "No response from user.", "DS timeout user cannot be reached."
	case codeWrongPIN:
		return same("The initiator information is invalid.")
	case codeNotPermit:
		return same("The request is not permitted according to product assignment.")
	case "8006":
		return same("The security credential is locked.")
	case codeNoOperator:
		return same("The operator does not exist.")
	case codeBadContract:
		return same("Error, the user has a bad debt contract.")
	}
	return same("The transaction failed.")
}
