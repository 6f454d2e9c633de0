package system

// Languages are the user's languages, best first, as BCP 47 tags.
func Languages() []string { return fromEnvironment() }
