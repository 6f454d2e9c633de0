package system

import (
	"context"
	"os"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"grove/app"
)

var (
	kernel32             = windows.NewLazySystemDLL("kernel32.dll")
	ole32                = windows.NewLazySystemDLL("ole32.dll")
	procPowerStatus      = kernel32.NewProc("GetSystemPowerStatus")
	procUserNotification = shell32.NewProc("SHQueryUserNotificationState")
	procCreateInstance   = ole32.NewProc("CoCreateInstance")
)

func watchers() []watcher {
	return []watcher{
		every(lookEvery, func(context.Context) func(*app.Surroundings) {
			battery, screen := askPower(), askScreen()
			return func(a *app.Surroundings) { a.Battery, a.FullScreen = battery, screen }
		}),
		every(lookEvery, func(context.Context) func(*app.Surroundings) {
			metered, vpn := askCost(), askVPN()
			return func(a *app.Surroundings) { a.Metered, a.VPN = metered, vpn }
		}),
	}
}

func askPower() app.Fact {
	var status struct {
		line, battery, percent, saver byte
		left, full                    uint32
	}
	if ok, _, _ := procPowerStatus.Call(uintptr(unsafe.Pointer(&status))); ok == 0 {
		return app.Unknown
	}
	return powerOf(status.line)
}

// askScreen does not count our own window.
func askScreen() app.Fact {
	var state uint32
	if result, _, _ := procUserNotification.Call(uintptr(unsafe.Pointer(&state))); int32(result) < 0 {
		return app.Unknown
	}
	fact := screenOf(state)
	var owner uint32
	if fact == app.Yes {
		if _, err := windows.GetWindowThreadProcessId(windows.GetForegroundWindow(), &owner); err == nil && owner == uint32(os.Getpid()) {
			return app.No
		}
	}
	return fact
}

// costManager is an INetworkCostManager: its methods after those of IUnknown.
type costManager struct {
	methods *struct {
		queryInterface, addRef, release, getCost uintptr
	}
}

var (
	classNetworks = windows.GUID{Data1: 0xdcb00c01, Data2: 0x570f, Data3: 0x4a9b, Data4: [8]byte{0x8d, 0x69, 0x19, 0x9f, 0xdb, 0xa5, 0x72, 0x3b}}
	idCostManager = windows.GUID{Data1: 0xdcb00008, Data2: 0x570f, Data3: 0x4a9b, Data4: [8]byte{0x8d, 0x69, 0x19, 0x9f, 0xdb, 0xa5, 0x72, 0x3b}}
)

func askCost() app.Fact {
	var cost uint32
	err := withCOM(func() error {
		const all = 1 | 4 | 16 // in this process or another, here or not
		var m *costManager
		result, _, _ := procCreateInstance.Call(uintptr(unsafe.Pointer(&classNetworks)), 0, all,
			uintptr(unsafe.Pointer(&idCostManager)), uintptr(unsafe.Pointer(&m)))
		if int32(result) < 0 || m == nil {
			return syscall.Errno(result)
		}
		defer syscall.SyscallN(m.methods.release, uintptr(unsafe.Pointer(m)))
		if result, _, _ := syscall.SyscallN(m.methods.getCost, uintptr(unsafe.Pointer(m)), uintptr(unsafe.Pointer(&cost)), 0); int32(result) < 0 {
			return syscall.Errno(result)
		}
		return nil
	})
	if err != nil {
		return app.Unknown
	}
	return costOf(cost)
}

// askVPN looks at the adapter that everything leaves by.
func askVPN() app.Fact {
	way := wayOut()
	if way == nil {
		return app.Unknown
	}
	// What is needed may grow between the two calls.
	for size := uint32(16 << 10); ; {
		b := make([]byte, size)
		first := (*windows.IpAdapterAddresses)(unsafe.Pointer(unsafe.SliceData(b)))
		err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, windows.GAA_FLAG_SKIP_MULTICAST, 0, first, &size)
		if err == windows.ERROR_BUFFER_OVERFLOW && size > uint32(len(b)) {
			continue
		}
		if err != nil {
			return app.Unknown
		}
		for a := first; a != nil; a = a.Next {
			if slices.Contains([]uint32{a.IfIndex, a.Ipv6IfIndex}, uint32(way.Index)) {
				return app.FactOf(isVirtual(a.IfType, windows.UTF16PtrToString(a.Description)))
			}
		}
		return app.Unknown
	}
}
