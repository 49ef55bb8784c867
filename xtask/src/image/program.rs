//! The three programs that have an image, and what differs between these.

use anyhow::{Context, Result};

/// Where a program stands in its image. The probes of our manifests look it up in `PATH`.
pub(super) const FOLDER: &str = "usr/local/bin";

/// A program with an image of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Program {
    /// Watches a cluster.
    Observer,
    /// Changes a cluster.
    Executor,
    /// The control plane and the command line.
    Platform,
}

impl Program {
    pub(super) const ALL: [Self; 3] = [Self::Observer, Self::Executor, Self::Platform];

    pub(super) fn named(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|program| program.name() == name);
        known.with_context(|| format!("there is no image `{name}`: observer, executor, platform or all"))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Executor => "executor",
            Self::Platform => "platform",
        }
    }

    /// The crate, its binary and the image.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::Observer => "assent-observer",
            Self::Executor => "assent-executor",
            Self::Platform => "assent",
        }
    }

    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Observer => "Watches one Kubernetes cluster, read-only",
            Self::Executor => "Makes the changes in one Kubernetes cluster that its people have signed",
            Self::Platform => "AI operations for Kubernetes: nothing changes without a person's assent",
        }
    }

    /// What it is asked to do where nothing else is said.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Observer | Self::Executor => "run",
            Self::Platform => "up",
        }
    }

    /// The port that others may reach; the probes of the other two listen on loopback.
    pub(super) fn port(self) -> Option<u16> {
        match self {
            Self::Observer | Self::Executor => None,
            Self::Platform => Some(8473),
        }
    }

    /// The folder that it writes to. It is in the image and the program's own, so that a new volume there becomes the program's own too.
    pub(super) fn state(self) -> &'static str {
        match self {
            Self::Observer => "var/lib/assent-observer",
            Self::Executor => "var/lib/assent-executor",
            Self::Platform => "var/lib/assent",
        }
    }

    /// Variables that the program reads, besides `PATH`.
    ///
    /// The platform makes its data folder itself, below the volume, since it refuses one that others may read, and a volume's own folder
    /// is often its group's too.
    pub(super) fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Observer | Self::Executor => &[],
            Self::Platform => &["ASSENT_DATA_DIR=/var/lib/assent/data"],
        }
    }
}
