//! The order of the runs. Two sides that are compared take turns, so that whatever else the machine
//! does meets both; the first run of each warms up and is checked, and does not count.

use std::process::Command;

use crate::checks;
use crate::measure::{Cost, Run, measured};
use crate::stage::{ALL, ONE, Road, Stage};

/// How often the start-up is measured.
const STARTS: usize = 20;

/// How many runs of the quick commands there are for one of the slow pipeline.
const QUICK: usize = 3;

/// The costs of all runs, by what ran.
pub struct Results {
    pub pipeline: Vec<Cost>,
    pub port_forward: Vec<Cost>,
    pub floor: Vec<Cost>,
    pub exchanges: Vec<Cost>,
    pub direct: Vec<Cost>,
    pub start: Vec<Cost>,
    pub start_grpcurl: Vec<Cost>,
    pub start_true: Vec<Cost>,
}

/// Before anything is measured: held against another module, both sides say that a pod differs.
pub fn both_sides_see_a_difference(stage: &Stage) -> Result<(), String> {
    for road in [Road::Direct, Road::PortForward] {
        let run = measured(&stage.protodiff("shop-drifted", ONE, road))?;
        checks::protodiff_differs(&run, 1)?;
    }
    run_pipeline(stage, "shop-drifted", ONE, 1, false).map(drop)
}

/// Measures everything.
pub fn measure(stage: &Stage, runs: usize) -> Result<Results, String> {
    eprintln!("port-forward: {runs} runs of the pipeline and of protodiff");
    let [pipeline, port_forward] = in_turn(
        runs,
        [
            &mut || run_pipeline(stage, "shop", ALL, stage.pods, true),
            &mut || run_protodiff(stage, Road::PortForward),
        ],
    )?;
    eprintln!(
        "direct: {} runs of the floor and of protodiff",
        runs * QUICK
    );
    let [floor, exchanges, direct] = in_turn(
        runs * QUICK,
        [
            &mut || run_floor(stage, &stage.floor()),
            &mut || run_floor(stage, &stage.exchanges()),
            &mut || run_protodiff(stage, Road::Direct),
        ],
    )?;
    eprintln!("start-up: {STARTS} runs");
    let mut protodiff = stage.command(env!("CARGO_BIN_EXE_protodiff"));
    protodiff.arg("--version");
    let mut grpcurl = stage.command(stage.tools.join("grpcurl"));
    grpcurl.arg("-version");
    let nothing = stage.command("true");
    let [start, start_grpcurl, start_true] = in_turn(
        STARTS,
        [
            &mut || run_start(&protodiff),
            &mut || run_start(&grpcurl),
            &mut || run_start(&nothing),
        ],
    )?;
    Ok(Results {
        pipeline,
        port_forward,
        floor,
        exchanges,
        direct,
        start,
        start_grpcurl,
        start_true,
    })
}

type Side<'a> = &'a mut dyn FnMut() -> Result<Cost, String>;

fn in_turn<const N: usize>(runs: usize, mut sides: [Side; N]) -> Result<[Vec<Cost>; N], String> {
    let mut costs = [const { Vec::new() }; N];
    for side in &mut sides {
        side()?;
    }
    for _ in 0..runs {
        for (side, costs) in sides.iter_mut().zip(&mut costs) {
            costs.push(side()?);
        }
    }
    Ok(costs)
}

fn run_protodiff(stage: &Stage, road: Road) -> Result<Cost, String> {
    let run = measured(&stage.protodiff("shop", ALL, road))?;
    checks::protodiff_in_sync(&run, stage.pods)?;
    Ok(run.cost)
}

fn run_pipeline(
    stage: &Stage,
    module: &str,
    selector: &str,
    pods: u16,
    same: bool,
) -> Result<Cost, String> {
    let folder = tempfile::tempdir().map_err(|e| format!("temporary folder: {e}"))?;
    let run: Run = measured(&stage.pipeline(module, selector, folder.path()))?;
    checks::pipeline(&run, folder.path(), pods, same)?;
    Ok(run.cost)
}

fn run_floor(stage: &Stage, command: &Command) -> Result<Cost, String> {
    let run = measured(command)?;
    checks::floor(&run, stage.pods)?;
    Ok(run.cost)
}

fn run_start(command: &Command) -> Result<Cost, String> {
    let run = measured(command)?;
    checks::succeeded(&run)?;
    Ok(run.cost)
}
