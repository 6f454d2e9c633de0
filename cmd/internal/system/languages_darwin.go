package system

import (
	"context"
	"time"
)

// languagesWait is how long the system may take to say which languages.
const languagesWait = time.Second

// Languages are the user's languages, best first, as BCP 47 tags: those of
// the settings, which a program started by a click has in no environment.
func Languages() []string {
	out, err := ask(context.Background(), languagesWait, "/usr/bin/defaults", "read", "-g", "AppleLanguages")
	if tags := fromPropertyList(out); err == nil && len(tags) > 0 {
		return tags
	}
	return fromEnvironment()
}
