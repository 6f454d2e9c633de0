package system

import "golang.org/x/sys/windows"

// Languages are the user's languages, best first, as BCP 47 tags.
func Languages() []string {
	tags, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil {
		return nil
	}
	return tags
}
