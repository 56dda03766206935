package notification

// Report folds what a provider reports into where a message stands. Reports come late, twice and in
// any order, so the answer depends only on which came: what arrived has arrived, whatever else was said.
func (s MessageStatus) Report(r MessageStatus) MessageStatus {
	if reportRank(r) > reportRank(s) {
		return r
	}
	return s
}

func reportRank(s MessageStatus) int {
	switch s {
	case MessageSending, MessageRetrying:
		return 0
	case MessageCancelled, MessageExpired:
		return 1
	case MessageAccepted:
		return 2
	case MessageFailed:
		return 3
	case MessageDelivered:
		return 4
	}
	return 0
}
