//! Other feature flags in each environment, of which there are three: `cargo run --example feature_flags`.

use di::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Development,
    Staging,
    Production,
}

impl Stage {
    /// The stage that the environment variable `STAGE` names, or development.
    fn current() -> Self {
        match std::env::var("STAGE").as_deref() {
            Ok("production") => Self::Production,
            Ok("staging") => Self::Staging,
            _ => Self::Development,
        }
    }
}

#[derive(Service, Debug)]
struct Flags {
    stage: Stage,
    new_ui: bool,
    max_upload_size: u64,
}

// The keys are a closed set, and the compiler checks that none is forgotten.
#[layer_map(StageFlags, idle_time_to_live = "30 minutes")]
fn flags(stage: Stage) -> Flags {
    println!("reading the flags of {stage:?}");
    match stage {
        Stage::Development => Flags { stage, new_ui: true, max_upload_size: 100_000_000 },
        Stage::Staging => Flags { stage, new_ui: true, max_upload_size: 50_000_000 },
        Stage::Production => Flags { stage, new_ui: false, max_upload_size: 10_000_000 },
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{file} has {size} bytes, and no more than {limit} are allowed")]
struct TooLarge {
    file: String,
    size: u64,
    limit: u64,
}

#[effect]
async fn upload(flags: Inject<Flags>, file: String, size: u64) -> Result<&'static str, TooLarge> {
    if size > flags.max_upload_size {
        return Err(TooLarge { file, size, limit: flags.max_upload_size });
    }
    println!("uploading {file} in {:?}", flags.stage);
    Ok(if flags.new_ui { "v2" } else { "v1" })
}

#[di::main(StageFlags::layer())]
async fn main(stages: Inject<StageFlags>) -> Result<(), di::RunError> {
    for (stage, ui, limit) in [
        (Stage::Development, "v2", 100_000_000),
        (Stage::Staging, "v2", 50_000_000),
        (Stage::Production, "v1", 10_000_000),
    ] {
        let document = stages.provide_to(stage, upload("document.pdf".into(), 5_000_000)).run().await?;
        assert_eq!(document, Ok(ui));
        let video = stages.provide_to(stage, upload("video.mp4".into(), 150_000_000)).run().await?;
        assert_eq!(video, Err(TooLarge { file: "video.mp4".into(), size: 150_000_000, limit }));
    }
    // The two uploads of a stage shared its flags.
    assert_eq!(stages.stats().built, 3);

    let here = stages.acquire(&Stage::current()).await?;
    println!("here: {:?}", &**here.get::<Flags>());
    Ok(())
}
