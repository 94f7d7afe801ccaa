// etcd's own Go client, by the same commands as the other peers, and `idle`. Debian's golang-etcd-server-dev has it; it
// is built in GOPATH mode.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/etcd/clientv3"
)

const key = "/bench/peers/one"

type figures map[string]float64

// What this process has spent, in microseconds, the system's share and all threads included.
func cpu() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err)
	}
	return float64(usage.Utime.Sec+usage.Stime.Sec)*1e6 + float64(usage.Utime.Usec+usage.Stime.Usec)
}

func allocations() float64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.Mallocs)
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc + stats.StackInuse)
}

func resident() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		fail(err)
	}
	pages, err := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	if err != nil {
		fail(err)
	}
	return pages * float64(os.Getpagesize())
}

type span struct {
	allocations, cpu float64
	wall             time.Time
}

func begin() span { return span{allocations(), cpu(), time.Now()} }

func (s span) each(count float64) figures {
	spent, wall := cpu()-s.cpu, float64(time.Since(s.wall))/1e3
	return figures{"cpu_us": spent / count, "wall_us": wall / count, "per_second": 1e6 * count / wall,
		"allocations": (allocations() - s.allocations) / count}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "peer-go:", err)
	os.Exit(1)
}

func number(index int) int {
	if index >= len(os.Args) {
		fail(errors.New("usage: calls URL range|put AT_ONCE COUNT | latency URL COUNT | flood URL EVENTS VALUE_SIZE" +
			" | watchers URL COUNT | idle URL WATCHERS KEYS SECONDS | first URL"))
	}
	value, err := strconv.Atoi(os.Args[index])
	if err != nil {
		fail(err)
	}
	return value
}

func call(client *clientv3.Client, operation, value string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if operation == "put" {
		if _, err := client.Put(ctx, key, value); err != nil {
			fail(err)
		}
		return
	}
	response, err := client.Get(ctx, key)
	if err != nil {
		fail(err)
	}
	if len(response.Kvs) != 1 {
		fail(errors.New("a range found nothing"))
	}
}

func calls(client *clientv3.Client, operation string, atOnce, count int) {
	value := strings.Repeat("v", 64)
	var workers sync.WaitGroup
	for worker := 0; worker < atOnce; worker++ {
		share := count / atOnce
		if worker < count%atOnce {
			share++
		}
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := 0; i < share; i++ {
				call(client, operation, value)
			}
		}()
	}
	workers.Wait()
}

// A watch that has been created.
func watch(client *clientv3.Client, prefix string, options ...clientv3.OpOption) clientv3.WatchChan {
	options = append(options, clientv3.WithPrefix(), clientv3.WithCreatedNotify())
	events := client.Watch(context.Background(), prefix, options...)
	response := <-events
	if response.Err() != nil || !response.Created {
		fail(errors.New("a watch was not created"))
	}
	return events
}

func latency(client *clientv3.Client, count int) figures {
	events := watch(client, key)
	value := strings.Repeat("v", 64)
	times := make(chan time.Time, 16)
	go func() {
		for response := range events {
			for range response.Events {
				times <- time.Now()
			}
		}
	}()
	var waits []float64
	var all span
	for i := -20; i < count; i++ {
		if i == 0 {
			all = begin()
		}
		start := time.Now()
		call(client, "put", value)
		told := <-times
		if i >= 0 {
			waits = append(waits, float64(told.Sub(start))/1e3)
		}
	}
	result := all.each(float64(count))
	sort.Float64s(waits)
	for name, part := range map[string]float64{"p50_us": 0.5, "p99_us": 0.99, "p999_us": 0.999} {
		index := int(part * float64(len(waits)))
		if index >= len(waits) {
			index = len(waits) - 1
		}
		result[name] = waits[index]
	}
	return result
}

func flood(client *clientv3.Client, count, valueSize int) figures {
	events := watch(client, "/", clientv3.WithRev(2))
	told, size, first := 0, 0, 0
	var all span
	for told < count {
		response := <-events
		if response.Err() != nil {
			fail(response.Err())
		}
		for _, event := range response.Events {
			size += len(event.Kv.Value)
		}
		told += len(response.Events)
		if first == 0 && told >= count/10 {
			first = told
			all = begin()
		}
	}
	result := all.each(float64(count - first))
	if size != count*valueSize {
		fail(errors.New("that is not what was sent"))
	}
	return result
}

func watchers(client *clientv3.Client, count int) figures {
	call(client, "range", "")
	watch(client, "/bench/watch/first")
	bytes, pages := heap(), resident()
	all := begin()
	var waiting sync.WaitGroup
	for i := 0; i < count; i++ {
		waiting.Add(1)
		go func(i int) {
			defer waiting.Done()
			watch(client, "/bench/watch/"+strconv.Itoa(100000+i))
		}(i)
	}
	waiting.Wait()
	result := all.each(float64(count))
	result["heap_bytes"] = (heap() - bytes) / float64(count)
	result["resident_bytes"] = (resident() - pages) / float64(count)
	return result
}

func idle(client *clientv3.Client, watches, keys, seconds int) figures {
	ctx := context.Background()
	lease, err := client.Grant(ctx, 10)
	if err != nil {
		fail(err)
	}
	renewals, err := client.KeepAlive(ctx, lease.ID)
	if err != nil {
		fail(err)
	}
	go func() {
		for range renewals {
		}
	}()
	for i := 0; i < watches; i++ {
		watch(client, "/bench/idle/watch/"+strconv.Itoa(100000+i))
	}
	for i := 0; i < keys; i++ {
		if _, err := client.Put(ctx, "/bench/idle/keep/"+strconv.Itoa(100000+i), "here",
			clientv3.WithLease(lease.ID)); err != nil {
			fail(err)
		}
	}
	before := cpu()
	time.Sleep(time.Duration(seconds) * time.Second)
	result := figures{"cpu_percent": (cpu() - before) / 1e4 / float64(seconds)}
	if _, err := client.Revoke(ctx, lease.ID); err != nil {
		fail(err)
	}
	return result
}

func main() {
	if len(os.Args) < 3 {
		number(len(os.Args))
	}
	start := time.Now()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{os.Args[2]}, DialTimeout: 10 * time.Second})
	if err != nil {
		fail(err)
	}
	var result figures
	switch os.Args[1] {
	case "calls":
		atOnce, count := number(4), number(5)
		calls(client, os.Args[3], atOnce, 2*atOnce)
		all := begin()
		calls(client, os.Args[3], atOnce, count)
		result = all.each(float64(count))
	case "latency":
		result = latency(client, number(3))
	case "flood":
		result = flood(client, number(3), number(4))
	case "watchers":
		result = watchers(client, number(3))
	case "idle":
		result = idle(client, number(3), number(4), number(5))
	case "first":
		call(client, "put", "value")
		result = figures{"wall_us": float64(time.Since(start)) / 1e3, "cpu_us": cpu()}
	default:
		number(len(os.Args))
	}
	line, err := json.Marshal(result)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}
