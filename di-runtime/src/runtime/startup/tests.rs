//! What a report says of a start-up that is written down.

use super::*;

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

fn layer(name: &'static str, [ready, start, took]: [u64; 3], waited_for: &[usize]) -> LayerStart {
    LayerStart {
        layer: name,
        file: "src/app.rs",
        line: 7,
        parent: None,
        origin: LayerOrigin::Built,
        ready: ms(ready),
        start: ms(start),
        duration: ms(took),
        finished: true,
        waited_for: waited_for.to_vec(),
        held_up_by: waited_for.last().copied(),
        retries: 0,
        failure: None,
    }
}

/// `users` waits for the pool and the log; the pool falls back on a second one.
fn report() -> StartupReport {
    let pool = layer("or_else", [100, 100, 1_000], &[0]);
    let first = LayerStart {
        parent: Some(1),
        failure: Some("failed: refused".into()),
        ..layer("primary", [100, 100, 400], &[])
    };
    let second = LayerStart { parent: Some(1), retries: 2, ..layer("replica", [500, 500, 600], &[]) };
    let log = LayerStart { origin: LayerOrigin::Shared, ..layer("log", [100, 100, 0], &[0]) };
    let users = layer("Cache<User>", [1_100, 1_100, 400], &[4, 1]);
    StartupReport::of(StartupRows {
        layers: vec![layer("config", [0, 0, 100], &[]), pool, first, second, log, users],
        waiting: Vec::new(),
        total: ms(1_500),
        finished: true,
        failure: None,
        slow: ms(600),
    })
}

#[test]
fn a_report_is_a_waterfall_with_its_critical_path_and_its_slow_layers() {
    let lines = [
        "  layer          begins     takes",
        "* config           0 ms    100 ms  ███",
        "* or_else        100 ms       1 s     █████████████████████████████",
        "    primary      100 ms    400 ms     ▒▒▒▒▒▒▒▒▒▒▒▒                               failed",
        "*   replica      500 ms    600 ms                 █████████████████              2 retries, slow",
        "  log            100 ms      0 ms     ▒                                          shared",
        "* Cache<User>     1.1 s    400 ms                                  ████████████",
        "* critical path: config → or_else → Cache<User>",
        "slow: `replica` at src/app.rs:7 took 600 ms",
        "total 1.5 s; one after the other 1.5 s",
    ];
    assert_eq!(report().to_string(), lines.join("\n"));
}

#[test]
fn the_critical_path_goes_back_from_what_ended_last() {
    let names: Vec<_> = report().critical_path().map(|layer| layer.layer).collect();
    assert_eq!(names, ["config", "or_else", "Cache<User>"]);
    assert_eq!(report().sum(), ms(1_500));
}

#[test]
fn of_layers_that_end_at_once_the_one_that_began_last_is_on_the_critical_path() {
    let mut report = report();
    report.0.layers = vec![layer("a", [0, 0, 0], &[]), layer("b", [0, 0, 0], &[0])];
    assert_eq!(report.critical_path().map(|layer| layer.layer).collect::<Vec<_>>(), ["a", "b"]);
    report.0.layers = Vec::new();
    assert_eq!(report.critical_path().count(), 0);
}

#[test]
fn a_build_that_is_under_way_or_failed_says_so() {
    let mut report = report();
    report.0.layers.truncate(1);
    report.0.layers[0].finished = false;
    report.0.finished = false;
    report.0.waiting = vec!["log", "users"];
    report.0.total = ms(20);
    report.0.layers[0].duration = ms(20);
    let text = report.to_string();
    assert!(text.contains("still building\n"), "{text}");
    assert!(text.ends_with("not begun: log, users\ntotal so far 20 ms; one after the other 20 ms"), "{text}");
    report.0.failure = Some("cannot build `users`".into());
    assert!(report.to_string().contains("\nfailed: cannot build `users`\n"));
}

#[test]
fn what_went_on_at_once_is_told_by_the_ratio() {
    let mut report = report();
    report.0.total = ms(750);
    assert!(report.to_string().ends_with("total 750 ms; one after the other 1.5 s (2.0 times as long)"));
}

#[test]
fn json_says_the_same() {
    let json = report().to_json();
    assert!(json.starts_with("{\n  \"total_us\": 1500000,\n  \"sum_us\": 1500000,\n  \"finished\": true,"), "{json}");
    assert!(json.contains("\"critical_path\": [0, 1, 5],"), "{json}");
    assert!(
        json.contains(
            "{\"name\": \"replica\", \"file\": \"src/app.rs\", \"line\": 7, \"parent\": 1, \"origin\": \"built\", \
             \"ready_us\": 500000, \"start_us\": 500000, \"duration_us\": 600000, \"finished\": true, \
             \"waited_for\": [], \"held_up_by\": null, \"retries\": 2, \"failure\": null, \"critical\": true, \"slow\": true}"
        ),
        "{json}"
    );
}
