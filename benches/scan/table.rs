//! The results as Markdown: a table of what was measured, and one of the targets.

use std::fmt::Write as _;

use crate::measure::Cost;
use crate::rounds::Results;

/// A number that was promised.
pub struct Target {
    what: &'static str,
    wanted: String,
    is: String,
    /// Whether the promise is kept.
    pub met: bool,
}

/// Everything that was measured, one line each.
pub fn measurements(results: &Results) -> String {
    let mut table = String::from(
        "| | runs | wall, ms: median (least to most) | CPU, ms: median (least to most) | peak RSS, MB |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for (what, costs) in [
        (
            "port-forward: kubectl, grpcurl and buf, pod by pod",
            &results.pipeline,
        ),
        ("port-forward: `protodiff scan`", &results.port_forward),
        (
            "direct: `kubectl get pods` and the floor client",
            &results.floor,
        ),
        ("direct: the floor client alone", &results.exchanges),
        ("direct: `protodiff scan`", &results.direct),
        ("`protodiff --version`", &results.start),
        ("`grpcurl -version`", &results.start_grpcurl),
        ("`true`", &results.start_true),
    ] {
        let _ = writeln!(
            table,
            "| {what} | {} | {} | {} | {:.1} |",
            costs.len(),
            spread(costs, wall),
            spread(costs, cpu),
            peak(costs)
        );
    }
    table
}

/// The targets, and whether they are met.
pub fn targets(results: &Results) -> Vec<Target> {
    let gain =
        |of: fn(&Cost) -> f64| median(&results.pipeline, of) / median(&results.port_forward, of);
    let floor = median(&results.direct, wall) / median(&results.floor, wall);
    let rss = peak(&results.port_forward).max(peak(&results.direct));
    let start = median(&results.start, wall);
    vec![
        at_least(
            "port-forward, wall: the pipeline / protodiff",
            10.0,
            gain(wall),
        ),
        at_least(
            "port-forward, CPU: the pipeline / protodiff",
            10.0,
            gain(cpu),
        ),
        at_most(
            "direct, wall: protodiff / the floor with `kubectl get pods`",
            2.0,
            floor,
            "",
        ),
        at_most("peak RSS of protodiff, both roads", 64.0, rss, " MB"),
        at_most("start-up: `protodiff --version`", 20.0, start, " ms"),
    ]
}

/// The targets as a table.
pub fn verdicts(targets: &[Target]) -> String {
    let mut table = String::from("| target | wanted | measured | |\n| --- | --- | --- | --- |\n");
    for target in targets {
        let met = if target.met { "met" } else { "**missed**" };
        let _ = writeln!(
            table,
            "| {} | {} | {} | {met} |",
            target.what, target.wanted, target.is
        );
    }
    table
}

fn at_least(what: &'static str, wanted: f64, is: f64) -> Target {
    Target {
        what,
        wanted: format!("at least {wanted}"),
        is: format!("{is:.1}"),
        met: is >= wanted,
    }
}

fn at_most(what: &'static str, wanted: f64, is: f64, unit: &str) -> Target {
    Target {
        what,
        wanted: format!("at most {wanted}{unit}"),
        is: format!("{is:.2}{unit}"),
        met: is <= wanted,
    }
}

fn wall(cost: &Cost) -> f64 {
    cost.wall.as_secs_f64() * 1e3
}

fn cpu(cost: &Cost) -> f64 {
    cost.cpu.as_secs_f64() * 1e3
}

/// The largest of all runs, in MB of a million bytes.
#[allow(clippy::cast_precision_loss)]
fn peak(costs: &[Cost]) -> f64 {
    costs
        .iter()
        .map(|cost| cost.rss as f64 / 1e6)
        .fold(0.0, f64::max)
}

fn spread(costs: &[Cost], of: fn(&Cost) -> f64) -> String {
    let sorted = sorted(costs, of);
    let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
    format!("{:.1} ({least:.1} to {most:.1})", median(costs, of))
}

fn median(costs: &[Cost], of: fn(&Cost) -> f64) -> f64 {
    let sorted = sorted(costs, of);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[half]
    } else {
        f64::midpoint(sorted[half - 1], sorted[half])
    }
}

fn sorted(costs: &[Cost], of: fn(&Cost) -> f64) -> Vec<f64> {
    let mut numbers: Vec<_> = costs.iter().map(of).collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}
