//! Schedules as sequences of delays.

use std::time::Duration;

use super::Schedule;

type Plain = Schedule<()>;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The first delays in milliseconds, at most nine of them.
fn delays(schedule: &Plain) -> Vec<u128> {
    schedule.delays().take(9).map(|delay| delay.as_millis()).collect()
}

/// When the runs of something begin that takes `action` milliseconds.
fn starts(schedule: &Plain, action: u64, count: usize) -> Vec<u128> {
    let (mut steps, mut now, mut starts) = (schedule.steps(), Duration::ZERO, vec![0]);
    while starts.len() < count {
        now += ms(action);
        now += steps.after(&(), now).unwrap();
        starts.push(now.as_millis());
    }
    starts
}

#[test]
fn recurs_is_so_many_times_at_once() {
    assert_eq!(delays(&Plain::recurs(2)), [0, 0]);
    assert_eq!(delays(&Plain::once()), [0]);
    assert_eq!(delays(&Plain::recurs(0)), []);
    assert_eq!(delays(&Plain::stop()), []);
    assert_eq!(delays(&Plain::forever()), [0; 9]);
}

#[test]
fn exponential_doubles_or_grows_by_a_factor() {
    assert_eq!(delays(&Plain::exponential(secs(1)))[..6], [1000, 2000, 4000, 8000, 16_000, 32_000]);
    assert_eq!(delays(&Plain::exponential_by(ms(100), 3.0))[..4], [100, 300, 900, 2700]);
}

#[test]
fn fibonacci_adds_the_last_two() {
    assert_eq!(delays(&Plain::fibonacci(ms(100)))[..6], [100, 100, 200, 300, 500, 800]);
}

#[test]
fn spaced_counts_from_the_end_of_a_run() {
    assert_eq!(starts(&Plain::spaced(ms(40)), 15, 4), [0, 55, 110, 165]);
}

#[test]
fn fixed_is_a_grid_from_the_end_of_the_first_run() {
    assert_eq!(starts(&Plain::fixed(ms(40)), 15, 4), [0, 55, 95, 135]);
    assert_eq!(starts(&Plain::fixed(ms(40)), 0, 4), [0, 40, 80, 120]);
}

#[test]
fn fixed_goes_on_at_once_after_a_run_that_was_too_long() {
    assert_eq!(starts(&Plain::fixed(ms(20)), 50, 4), [0, 70, 120, 170]);
    assert_eq!(starts(&Plain::fixed(ms(20)), 20, 4), [0, 40, 60, 80]);
    assert_eq!(starts(&Plain::fixed(ms(0)), 20, 4), [0, 20, 40, 60]);
}

#[test]
fn fixed_does_not_make_up_for_missed_slots() {
    let mut steps = Plain::fixed(ms(20)).steps();
    // The first run ends at 5, so the slots are 25, 45, 65, ..; the second run takes from 25 to 115.
    let delays = [5, 115, 116, 126].map(|now| steps.after(&(), ms(now)).unwrap().as_millis());
    assert_eq!(delays, [20, 0, 9, 19]);
}

#[test]
fn jitter_is_a_factor_from_four_fifths_to_six_fifths() {
    let jittered = Plain::spaced(secs(1)).jittered_from(7);
    let delays: Vec<_> = jittered.delays().take(1000).collect();
    assert!(delays.iter().all(|delay| (ms(800)..=ms(1200)).contains(delay)), "{delays:?}");
    assert!(delays.iter().any(|delay| *delay < ms(820)) && delays.iter().any(|delay| *delay > ms(1180)));
}

#[test]
fn a_seed_says_the_jitter_and_without_one_it_differs() {
    let seeded = Plain::spaced(secs(1)).jittered_from(7);
    let (one, other) = (seeded.delays().take(9), seeded.clone().delays().take(9));
    assert!(one.eq(other));
    let jittered = Plain::spaced(secs(1)).jittered();
    let (one, other) = (jittered.delays().take(9), jittered.delays().take(9));
    assert!(one.ne(other));
}

#[test]
fn intersect_needs_both_and_takes_the_longer_delay() {
    let both = Plain::exponential(secs(1)).intersect(Plain::recurs(3));
    assert_eq!(delays(&both), [1000, 2000, 4000]);
    let flipped = Plain::recurs(3).intersect(Plain::exponential(secs(1)));
    assert_eq!(delays(&flipped), [1000, 2000, 4000]);
}

#[test]
fn union_needs_one_and_takes_the_shorter_delay() {
    let either = Plain::exponential(secs(1)).union(Plain::spaced(secs(30)));
    assert_eq!(delays(&either)[..8], [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    let ends = Plain::recurs(2).union(Plain::spaced(ms(5)).times(4));
    assert_eq!(delays(&ends), [0, 0, 5, 5]);
}

#[test]
fn capped_delays_are_not_longer() {
    assert_eq!(delays(&Plain::exponential(secs(1)).capped(secs(3)).times(4)), [1000, 2000, 3000, 3000]);
}

#[test]
fn no_run_begins_after_the_time_that_a_schedule_is_limited_to() {
    assert_eq!(delays(&Plain::exponential(secs(1)).up_to(secs(7))), [1000, 2000, 4000]);
    assert_eq!(delays(&Plain::exponential(secs(1)).up_to(secs(6))), [1000, 2000]);
}

#[test]
fn a_condition_on_the_input_ends_a_schedule_for_good() {
    let mut steps = Schedule::recurs(9).while_input(|error: &u32| *error < 500).steps();
    assert_eq!(steps.after(&404, ms(0)), Some(ms(0)));
    assert_eq!(steps.after(&500, ms(0)), None);
    assert_eq!(steps.after(&404, ms(0)), None);

    let mut steps = Schedule::forever().until_input(|word: &&str| *word == "done").steps();
    assert_eq!(steps.after(&"not yet", ms(0)), Some(ms(0)));
    assert_eq!(steps.after(&"done", ms(0)), None);
}

#[test]
fn a_schedule_keeps_nothing_between_its_uses() {
    let schedule = Plain::exponential(ms(1)).times(2);
    assert_eq!(delays(&schedule), [1, 2]);
    assert_eq!(delays(&schedule), [1, 2]);
}

#[test]
fn delays_saturate() {
    let longest = |schedule: Plain| schedule.delays().take(20_000).last();
    assert_eq!(longest(Plain::exponential(secs(1))), Some(Duration::MAX));
    assert_eq!(longest(Plain::fibonacci(Duration::MAX)), Some(Duration::MAX));
    assert_eq!(longest(Plain::spaced(Duration::MAX).jittered_from(1)).map(|delay| delay > secs(1)), Some(true));
    assert_eq!(longest(Plain::exponential_by(secs(1), f64::MAX)), Some(Duration::MAX));
    let fixed = Plain::fixed(Duration::MAX).steps().after(&(), Duration::MAX);
    assert_eq!(fixed, Some(Duration::MAX));
    assert_eq!(longest(Plain::spaced(Duration::MAX).up_to(secs(1))), None);
}

#[test]
#[should_panic(expected = "a delay cannot be multiplied by NaN")]
fn a_factor_that_is_no_number_is_refused() {
    let _ = Plain::exponential_by(secs(1), f64::NAN);
}

#[test]
fn a_schedule_prints_as_it_is_written() {
    let schedule = Plain::exponential(secs(1)).capped(secs(30)).union(Plain::recurs(3));
    assert_eq!(format!("{schedule:?}"), "Schedule(exponential(1s, by 2).capped(30s).union(spaced(0ns).times(3)))");
}
