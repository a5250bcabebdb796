//! A network of a zoo without the values of its weights: what a study plans with, before anything is executed.

use super::ZooError;
use crate::dataset::{Dataset, Feed, Unsuitable};
use cospike_sim_core::network::{Network, Operation};
use cospike_sim_core::payload::{Codec, Coder, Payload, PayloadError};
use cospike_sim_core::split::SplitError;

/// Everything about a network of a zoo that does not depend on the values of its weights. Laying these out for execution takes
/// milliseconds, and nothing needs them whose results are known.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// Layer graph, with the bottleneck unit.
    pub network: Network,
    /// Last layer on the edge.
    pub cut: usize,
    /// Number of time steps.
    pub steps: usize,
    /// Codec of what crosses the cut.
    pub codec: Codec,
    /// See [`ZooNetwork::matched_steps`](super::ZooNetwork::matched_steps).
    pub matched_steps: Option<usize>,
    /// See [`ZooNetwork::files`](super::ZooNetwork::files).
    pub files: Vec<(String, String)>,
    /// See [`ZooNetwork::read_as`](super::ZooNetwork::read_as).
    pub read_as: Option<String>,
    /// See [`ZooNetwork::task`](super::ZooNetwork::task).
    pub task: Option<(String, String)>,
}

impl Blueprint {
    /// Checks that the network can be executed with any finite weights.
    pub(super) fn check(&self) -> Result<(), ZooError> {
        self.network.check()?;
        self.coder().map_err(SplitError::from)?;
        Ok(())
    }

    /// What codes the feature at the cut; none if the network is cut after its last layer.
    fn coder(&self) -> Result<Option<Coder>, PayloadError> {
        let is_cut = self.cut + 1 < self.network.layers.len();
        is_cut.then(|| Coder::new(self.codec, self.network.layers[self.cut].output, self.steps)).transpose()
    }

    /// Whether what crosses the cut changes from step to step, for samples that reach the network as `feed` says: there is a neuron on
    /// the way, or they change themselves.
    pub fn changes_at_cut(&self, feed: Feed) -> bool {
        let mut changes: Vec<bool> = vec![];
        for layer in &self.network.layers[..=self.cut] {
            changes.push(match layer.operation {
                Operation::Neuron(_) | Operation::Cells(_) | Operation::Previous => true,
                Operation::Input => feed.input.varies,
                _ => layer.inputs.iter().any(|&input| changes[input]),
            });
        }
        changes[self.cut]
    }

    /// Whether coding the payload takes operations, see [`Coder::operations`].
    pub fn codec_computes(&self) -> bool {
        let nothing = Payload { bytes: vec![], step_starts: vec![] };
        self.coder().is_ok_and(|coder| coder.is_some_and(|coder| coder.operations(&nothing, self.cut == 0).is_some()))
    }

    /// Names of its weight files, as one text.
    pub fn name(&self) -> String {
        self.files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" with ")
    }

    /// Checks that the network was made for the samples of `dataset`, see [`Dataset::check_for`]; and, where both are known,
    /// that it was trained for their task.
    ///
    /// # Errors
    /// [`Unsuitable`].
    pub fn check_samples(&self, dataset: &Dataset) -> Result<(), Unsuitable> {
        check_samples(&self.network, self.steps, self.task.as_ref(), dataset)
    }
}

/// Checks that `network`, executed for `steps` and trained for a task by what a file says, was made for the samples of `dataset`.
pub(super) fn check_samples(
    network: &Network,
    steps: usize,
    task: Option<&(String, String)>,
    dataset: &Dataset,
) -> Result<(), Unsuitable> {
    dataset.check_for(network)?;
    dataset.check_time_steps(steps)?;
    match (task, dataset.task()) {
        (Some((trained, file)), Some(samples)) if trained != samples => {
            Err(Unsuitable::Task { file: file.clone(), trained: trained.clone(), samples })
        }
        _ => Ok(()),
    }
}
