package system

// The scripts by which Windows and macOS show a notice are constants. The
// words of a notice are not in them: a script, and a command line that holds
// one, would read more into them than text.

// noticeScript shows a notification on macOS. The words are its arguments.
const noticeScript = `on run argv
	display notification (item 2 of argv) with title (item 1 of argv)
end run`

// osascript are the arguments that show n. Grove's own title comes before the
// words of others: after it, nothing is an option any more.
func osascript(n Notice) []string { return []string{"-e", noticeScript, n.Title, n.withName()} }

// toastScript shows a toast on Windows. The words come by the environment and
// become the value of a text node. Windows' own PowerShell reaches WinRT;
// Shell_NotifyIcon, which needs no script, would need a second icon in the
// tray and a window with a message loop, and its notices are gone with them.
const toastScript = `$ErrorActionPreference = 'Stop'; ` +
	`[void][Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]; ` +
	`[void][Windows.UI.Notifications.ToastNotification, Windows.UI.Notifications, ContentType = WindowsRuntime]; ` +
	`$xml = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02); ` +
	`$text = $xml.GetElementsByTagName('text'); ` +
	`[void]$text.Item(0).AppendChild($xml.CreateTextNode($env:` + toastTitle + `)); ` +
	`[void]$text.Item(1).AppendChild($xml.CreateTextNode($env:` + toastBody + `)); ` +
	`$toast = New-Object Windows.UI.Notifications.ToastNotification($xml); ` +
	`[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier('Grove').Show($toast)`

// The variables that the words come in.
const (
	toastTitle = "GROVE_NOTICE_TITLE"
	toastBody  = "GROVE_NOTICE_BODY"
)

// toast is what runs to show n: arguments that are the same for every notice,
// and what to add to the environment. The stranger's name is in neither.
func toast(n Notice) (args, env []string) {
	return []string{"-NoLogo", "-NoProfile", "-NonInteractive", "-Command", toastScript},
		[]string{toastTitle + "=" + n.Title, toastBody + "=" + n.Body}
}
