//! Reports on lists that are too long or too odd for a program; the usual ones are quoted by the compile-fail tests.

use super::{Entry, Header, diagnose};
use crate::Name;
use crate::set::{Members, Names};

/// A set, as nested as its members demand.
fn set(names: &[&'static str]) -> &'static Members {
    let members = match names {
        [] => Names::None,
        [name] => Names::One(Box::leak(Box::new(Name::new(name)))),
        many => {
            let size = many.len().div_ceil(4);
            let child = |child: usize| set(many.get(child * size..).map_or(&[], |rest| &rest[..size.min(rest.len())]));
            Names::Four([child(0), child(1), child(2), child(3)])
        }
    };
    Box::leak(Box::new(Members { count: names.len(), names: members }))
}

fn entry(name: &'static str, gives: &[&'static str], needs: &[&'static str]) -> Entry {
    Entry { name, gives: set(gives), needs: set(needs) }
}

fn header(out: &[&'static str]) -> Header {
    Header { out: set(out), needs: set(&[]), out_text: "Out", needs_text: "" }
}

/// `prefix0`, `prefix1`, ..
fn named(prefix: &str, number: usize) -> &'static str {
    Box::leak(format!("{prefix}{number}").into_boxed_str())
}

/// The report, and which entry is blamed.
fn report<const LENGTH: usize>(entries: [Entry; LENGTH], header: Option<Header>) -> (String, Option<usize>) {
    let diagnosis = diagnose::<LENGTH, 1024>(&entries, header.as_ref(), false);
    (diagnosis.text.as_str().to_owned(), diagnosis.blamed)
}

#[test]
fn a_list_without_mistakes_has_no_report() {
    let entries = [entry("a", &["A"], &["B"]), entry("b", &["B"], &[]), entry("effect", &[], &["A"])];
    assert_eq!(report(entries, Some(header(&["A"]))), (String::new(), None));
    assert_eq!(report(entries, Some(header(&[]))), (String::new(), None));
    assert_eq!(report(entries, None), (String::new(), None));
    assert_eq!(report([], Some(header(&[]))), (String::new(), None));
}

#[test]
fn what_the_header_names_and_nobody_gives_is_blamed_on_the_header() {
    let (text, blamed) = report([], Some(header(&["A"])));
    assert!(text.starts_with("service `A` is required by the header, but no layer provides it [DI0001]"), "{text}");
    assert_eq!(blamed, Some(0));
}

#[test]
fn what_the_header_names_cannot_come_from_outside() {
    let (text, blamed) = report([entry("a", &["A"], &["B", "C"])], Some(header(&["A", "B"])));
    assert!(text.starts_with("service `B` is required by the header and `a`, but"), "{text}");
    assert!(text.ends_with("help: or let what layers need come from outside\n        <Out needs C>"), "{text}");
    assert_eq!(blamed, Some(0));
}

#[test]
fn services_that_are_missing_beyond_what_fits_are_named_and_then_counted() {
    let needs: Vec<_> = (10..40).map(|number| named("Service", number)).collect();
    let (text, _) = report([entry("all", &["A"], &needs)], Some(header(&["A"])));
    assert_eq!(text.matches("[DI0001]").count(), 5, "{text}");
    let besides = text.lines().find(|line| line.starts_with("missing besides: ")).unwrap();
    assert_eq!(besides.matches("`Service").count(), 19);
    assert!(besides.ends_with(" and 6 more"), "{besides}");
    assert!(text.ends_with(", ..>"), "{text}");
}

#[test]
fn those_who_need_a_service_are_named_in_the_order_of_the_list() {
    let layer = |number| match number {
        0 => entry("root", &["A"], &["S1", "S2", "S3", "S4", "S5"]),
        _ => entry(named("s", number), &[named("S", number)], &["Missing"]),
    };
    let (text, blamed) = report(std::array::from_fn::<_, 6, _>(layer), Some(header(&["A"])));
    assert!(text.starts_with("service `Missing` is required by `s1`, `s2`, `s3` and 2 more, but"), "{text}");
    assert_eq!(blamed, Some(1));
}

#[test]
fn the_way_from_the_header_is_the_shortest_and_a_long_one_is_told_by_its_ends() {
    let link = |number| {
        let needs: &[_] = if number == 39 { &["Missing"] } else { &[named("S", number + 1)] };
        entry(named("s", number), &[named("S", number)], needs)
    };
    let (text, _) = report(std::array::from_fn::<_, 40, _>(link), Some(header(&["S0"])));
    let way = "needed through: `S0` in the header -> `s0` -> `s1` -> `s2` -> .. -> `s37` -> `s38` -> `s39`";
    assert!(text.contains(way), "{text}");
    let (text, _) = report(std::array::from_fn::<_, 40, _>(link), Some(header(&["S0", "S38"])));
    assert!(text.contains("needed through: `S38` in the header -> `s38` -> `s39`\n"), "{text}");
}

#[test]
fn a_long_circle_is_told_by_its_ends_and_begins_with_the_first_of_the_list() {
    let link = |number| entry(named("s", number), &[named("S", number)], &[named("S", (number + 1) % 30)]);
    let (text, blamed) = report(std::array::from_fn::<_, 30, _>(link), Some(header(&["S7"])));
    let headline =
        "in a circle: `s0` -> `s1` -> `s2` -> `s3` -> .. -> `s26` -> `s27` -> `s28` -> `s29` -> `s0` [DI0004]";
    assert!(text.contains(headline), "{text}");
    assert_eq!(text.matches(" needs ").count(), 20);
    assert!(text.contains("and so on for 10 more"), "{text}");
    assert_eq!(blamed, Some(0));
}

#[test]
fn three_circles_are_told_and_only_the_first_is_explained() {
    let link = |number| entry(named("s", number), &[named("S", number)], &[named("S", number ^ 1)]);
    let (text, _) = report(std::array::from_fn::<_, 12, _>(link), None);
    assert_eq!(text.matches("[DI0004]").count(), 3, "{text}");
    assert_eq!(text.matches(" needs ").count(), 2, "{text}");
}

#[test]
fn a_layer_may_give_all_that_another_gives() {
    let entries = [entry("one", &["A", "B"], &[]), entry("other", &["B", "A"], &[]), entry("third", &["B"], &[])];
    let (text, blamed) = report(entries, None);
    assert!(text.contains("`A` is provided by both `one` and `other` [DI0003]"), "{text}");
    assert!(text.contains("`B` is provided by both `one` and `other`, and by 1 more [DI0003]"), "{text}");
    assert_eq!((text.matches("[DI0003]").count(), blamed), (2, Some(1)));
}

#[test]
fn what_is_meant_by_a_missing_service_is_not_called_unused_as_well() {
    let (text, _) = report([entry("users", &["dyn Users"], &["SqliteUsers"])], Some(header(&["SqliteUsers"])));
    assert_eq!(text.matches("[DI").count(), 1, "{text}");
    assert!(text.contains("ask for that instead of the type\n        Inject<dyn Users>"), "{text}");
}

#[test]
fn two_items_of_one_path_are_said_to_be_two_versions() {
    let name = |hash| -> &'static Members {
        let name = Box::leak(Box::new(Name::item("Config", "config", hash)));
        Box::leak(Box::new(Members { count: 1, names: Names::One(name) }))
    };
    let user = Entry { name: "user", gives: set(&["A"]), needs: name(1) };
    let config = Entry { name: "config", gives: name(2), needs: set(&[]) };
    let (text, _) = report([user, config], Some(header(&["A"])));
    assert!(text.contains("which is a different type [DI0007]\n  help: two versions of one crate"), "{text}");
}

#[test]
fn a_report_that_does_not_fit_is_cut() {
    let long: &'static str = Box::leak("Ä".repeat(3_000).into_boxed_str());
    let (text, blamed) = report([entry(long, &["A"], &[long])], Some(header(&["A"])));
    assert!(text.len() > 8_000 && text.starts_with("service `ÄÄ"), "{}", text.len());
    assert_eq!(blamed, Some(0));
}
