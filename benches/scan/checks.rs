//! Whether a run did the whole work and came to the right verdict. Without that its cost says
//! nothing.

use std::path::Path;

use serde_json::Value;

use crate::measure::Run;

/// The services of the fixture module `shop`.
const SERVICES: [&str; 2] = [
    "shop.orders.v1.OrderService",
    "shop.payments.v1.PaymentService",
];

/// protodiff compared both services of every pod, and all are in sync.
pub fn protodiff_in_sync(run: &Run, pods: u16) -> Result<(), String> {
    expect_code("protodiff", run, 0)?;
    let report = json("protodiff", run)?;
    expect("protodiff: the verdict", &report["verdict"], &"SYNC".into())?;
    expect("protodiff: pods", &report["summary"]["pods"], &pods.into())?;
    let mut compared = 0;
    for version in each(&report["workloads"]).flat_map(|workload| each(&workload["versions"])) {
        expect(
            "protodiff: services compared",
            &version["common"],
            &SERVICES.as_slice().into(),
        )?;
        let endpoints = each(&version["endpoints"]);
        compared += endpoints
            .filter(|endpoint| endpoint["verdict"] == "SYNC")
            .count();
    }
    expect("protodiff: pods in sync", &compared.into(), &pods.into())
}

/// protodiff found that `pods` pods differ.
pub fn protodiff_differs(run: &Run, pods: u16) -> Result<(), String> {
    expect_code("protodiff", run, 1)?;
    let report = json("protodiff", run)?;
    expect(
        "protodiff: the verdict",
        &report["verdict"],
        &"MISMATCH".into(),
    )?;
    expect("protodiff: pods", &report["summary"]["pods"], &pods.into())
}

/// The pipeline compared the descriptors of every pod, which hold both services.
pub fn pipeline(run: &Run, folder: &Path, pods: u16, same: bool) -> Result<(), String> {
    expect_code("the pipeline", run, i32::from(!same))?;
    let word = if same { "same " } else { "differs " };
    let names: Vec<_> = run
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix(word))
        .collect();
    expect(
        "the pipeline: pods compared",
        &names.len().into(),
        &pods.into(),
    )?;
    for name in names {
        let file = folder.join(format!("{name}.binpb"));
        let set = std::fs::read(&file).map_err(|e| format!("the pipeline: {name}: {e}"))?;
        for service in SERVICES {
            let short = service.rsplit('.').next().unwrap_or(service).as_bytes();
            if !set.windows(short.len()).any(|window| window == short) {
                return Err(format!(
                    "the pipeline: {name}: no {service} in what it serves"
                ));
            }
        }
    }
    Ok(())
}

/// The floor client read both services of every pod, and their files: three of the module and two
/// of Google's.
pub fn floor(run: &Run, pods: u16) -> Result<(), String> {
    expect_code("the floor", run, 0)?;
    let summary = json("the floor", run)?;
    for (key, each) in [("pods", 1), ("services", 2), ("files", 5)] {
        expect(
            &format!("the floor: {key}"),
            &summary[key],
            &(pods * each).into(),
        )?;
    }
    Ok(())
}

/// A command that only has to succeed.
pub fn succeeded(run: &Run) -> Result<(), String> {
    expect_code("the command", run, 0)
}

fn expect_code(who: &str, run: &Run, code: i32) -> Result<(), String> {
    if run.code == code {
        return Ok(());
    }
    Err(format!(
        "{who} ended with {} where {code} was expected:\n{}{}",
        run.code, run.stdout, run.stderr
    ))
}

fn expect(what: &str, is: &Value, wanted: &Value) -> Result<(), String> {
    if is == wanted {
        return Ok(());
    }
    Err(format!("{what}: {is} where {wanted} was expected"))
}

fn json(who: &str, run: &Run) -> Result<Value, String> {
    serde_json::from_str(&run.stdout).map_err(|e| format!("{who}: not JSON ({e}): {}", run.stdout))
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
