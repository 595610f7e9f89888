//! Devices: what is taken, what is refused, and memory that does not suffice.

use crate::support::Sandbox;

const SPEC: &str = "\
version: 1
name: devices
dataset: {kind: digits, limit: {train: 64, validation: 32}}
search_space: {kind: nsga-macro, phases: 1, nodes: 2, channels: 4}
search: {kind: random, networks: 2, batch: 2}
objectives: [{maximize: val_accuracy}]
training: {epochs: 1, batch_size: 32}
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("devices.peng.yaml", SPEC);
    sandbox
}

/// The arguments of a run on a device.
fn run<'a>(device: &'a str, dir: &'a str) -> Vec<&'a str> {
    vec!["run", "devices.peng.yaml", "--dir", dir, "--progress", "none", "--set", device]
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_device_that_is_not_in_the_build_is_refused_with_the_feature_that_it_needs() {
    let sandbox = sandbox();
    for device in ["gpu_budget.devices=cuda:0", "gpu_budget.devices=2 x cuda"] {
        let complaint = sandbox.complaint(&run(device, "run"), 5);
        assert!(complaint.contains("without the feature `cuda`"), "{complaint}");
        assert!(complaint.contains("cargo build --release --features cuda"), "{complaint}");
    }
    assert!(!sandbox.path("run").exists());
}

#[cfg(not(any(feature = "cuda", feature = "wgpu")))]
#[test]
fn where_there_is_but_the_processor_auto_says_nothing_of_it() {
    let sandbox = sandbox();
    let printed = sandbox.peng(&run("gpu_budget.devices=auto", "run"), 0);
    assert!(!printed.contains("device:"), "{printed}");
    assert!(sandbox.read("run/journal.jsonl").contains(r#""device":"cpu""#));
}

#[test]
fn the_memory_of_a_training_is_in_the_journal_and_in_the_status() {
    let sandbox = sandbox();
    sandbox.peng(&run("gpu_budget.devices=cpu", "run"), 0);
    let journal = sandbox.read("run/journal.jsonl");
    assert!(
        journal.lines().filter(|line| line.contains("\"measured\"")).all(|line| line.contains("\"memory\":"))
    );
    let status = sandbox.peng(&["status", "run"], 0);
    assert!(status.contains("memory") && status.contains("at most"), "{status}");
}

/// The third network holds what its images and outputs are, of which there are many.
fn wide(filters: u32, memory: &str, workers: u32) -> String {
    SPEC.replace("{train: 64, validation: 32}", "{train: 400, validation: 100}")
        .replace("batch_size: 32", "batch_size: 400")
        .replace(
            "{kind: nsga-macro, phases: 1, nodes: 2, channels: 4}",
            &format!(
                "{{kind: layers, blocks: [{{layer: conv, filters: [4, 8, {filters}], kernel: 3, then: [batch_norm, relu]}}]}}"
            ),
        )
        .replace("networks: 2, batch: 2", "networks: 3, batch: 3")
        + &format!("gpu_budget: {{memory: {memory}}}\nexecution: {{workers: {workers}, max_failed: 40%}}\n")
}

/// The text with `N` for the batch that would have fitted.
fn without_batch(trials: &str) -> String {
    let (before, after) = trials.split_once("; batches of ").expect("a training has failed");
    let digits = after.find(' ').expect("more follows");
    assert!(after[..digits].parse::<u32>().is_ok_and(|batch| (1..400).contains(&batch)), "{after}");
    format!("{before}; batches of N{}", &after[digits..])
}

#[test]
fn a_network_that_needs_more_memory_than_there_is_has_failed_and_the_run_goes_on() {
    let sandbox = Sandbox::new();
    // Held between two batches; held in the middle of one, where an allocation fails; and more than can be at all.
    for (filters, memory, cause) in [
        (
            512,
            "100MiB",
            "out of memory: batches of 400 do not fit into 100 MiB; batches of N would have, by what it held",
        ),
        (
            2048,
            "320MiB",
            "batches of 400 do not fit into 320 MiB; batches of 128 would have, as estimated from its layers",
        ),
        (
            2048,
            "64MiB",
            "batches of 400 do not fit into 64 MiB; batches of 32 would have, as estimated from its layers",
        ),
    ] {
        // What a training held differs by a few pages, and so may the batch that would have fitted.
        let is_measured = cause.contains("N would");
        let [alone, beside] = [1, 2].map(|workers| {
            sandbox.write("devices.peng.yaml", &wide(filters, memory, workers));
            let dir = format!("{filters}-{memory}-{workers}");
            sandbox.peng(&["run", "devices.peng.yaml", "--dir", &dir, "--quiet"], 0);
            let trials = sandbox.read(&format!("{dir}/trials.csv"));
            if is_measured { without_batch(&trials) } else { trials }
        });
        assert_eq!(beside, alone);
        assert!(alone.contains(cause), "{alone}");
        let ended = |word: &str| alone.lines().filter(|line| line.contains(word)).count();
        assert_eq!((ended(",completed,"), ended(",failed,")), (2, 1), "{alone}");
    }
}

#[cfg(feature = "wgpu")]
mod cards {
    use super::{run, sandbox};
    use crate::support::Sandbox;

    /// Whether wgpu finds the software Vulkan of Mesa alone, as in CI.
    fn has_software_alone(sandbox: &Sandbox) -> bool {
        let adapters = sandbox.peng(&["worker", "--adapters", "wgpu"], 0);
        if adapters.contains("llvmpipe") && !adapters.contains("\"card\"") {
            return true;
        }
        let required = std::env::var_os("PENG_REQUIRE_VULKAN").is_some_and(|value| value == "1");
        assert!(!required, "found {adapters}, but PENG_REQUIRE_VULKAN asks for llvmpipe alone");
        eprintln!(
            "not run: found {adapters}, not llvmpipe alone; on Debian `apt-get install mesa-vulkan-drivers`"
        );
        false
    }

    #[test]
    fn software_is_never_taken_by_itself_and_trains_when_it_is_named() {
        let sandbox = sandbox();
        if !has_software_alone(&sandbox) {
            return;
        }
        let printed = sandbox.peng(&run("gpu_budget.devices=auto", "auto"), 0);
        assert!(printed.contains("device: cpu, since no graphics card was found with"), "{printed}");

        let complaint = sandbox.complaint(&run("gpu_budget.devices=wgpu:7", "absent"), 5);
        assert!(complaint.contains("`wgpu:0` (llvmpipe"), "{complaint}");
        let complaint = sandbox.complaint(&run("gpu_budget.devices=1 x wgpu", "absent"), 5);
        assert!(complaint.contains(", software)"), "{complaint}");

        let printed = sandbox.peng(&run("gpu_budget.devices=wgpu:0", "named"), 0);
        assert!(printed.contains("device: wgpu:0 (llvmpipe"), "{printed}");
        let journal = sandbox.read("named/journal.jsonl");
        assert!(
            journal.lines().next().unwrap().contains(r#""device":"wgpu:0","adapters":["llvmpipe"#),
            "{journal}"
        );
        let measured = || journal.lines().filter(|line| line.contains("\"measured\""));
        assert!(measured().count() > 0 && measured().all(|line| line.contains("\"memory\":")), "{journal}");
        assert!(!sandbox.read("named/trials.csv").contains(",failed,"));
    }
}
