//! A network cut in two: the head on the edge, a payload, the tail in the cloud.

use crate::inference::{Executable, Execution, Feature, InferenceError, InputKind, LayerCounts, Real, argmax};
use crate::network::{Network, Signal, Weights};
use crate::payload::{Codec, Coder, Damage, Missing, Payload, PayloadError};
use std::ops::Range;
use std::sync::Arc;

/// A network cut after one of its layers, prepared for execution on samples. It is read-only, so threads can share it.
#[derive(Clone, Debug)]
pub struct SplitNetwork {
    executable: Arc<Executable>,
    cut: usize,
    steps: usize,
    /// Decodes 8-bit pixels to the network's input, `pixel / 255`: a sample is its own payload at cut 0.
    sample: Coder,
    /// Codes the feature at the cut; none if the network is cut after its last layer.
    feature: Option<Coder>,
}

/// Output of the head.
#[derive(Clone, Debug, PartialEq)]
pub enum HeadOutput {
    /// The feature at the cut, for the tail.
    Payload(Payload),
    /// Class scores, if the network is cut after its last layer and thus executed on the edge alone.
    Scores(Vec<f32>),
}

/// Result of executing the head.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HeadExecution {
    /// The payload to send, or the class scores.
    pub output: HeadOutput,
    /// Operations of each layer of the head, in order.
    pub layers: Vec<LayerCounts>,
    /// Operations of coding the payload, see [`Coder::operations`]; none if values go as they are stored.
    pub codec: Option<LayerCounts>,
}

/// Result of executing the tail.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TailExecution {
    /// Class scores, see [`Network::effective_readout`].
    pub scores: Vec<f32>,
    /// The class answered, their [`argmax`].
    pub answer: usize,
    /// Operations of each layer of the tail, in order.
    pub layers: Vec<LayerCounts>,
}

/// Result of executing head and tail with nothing lost between them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WholeExecution {
    /// Payload of the head; none if the network is cut after its last layer.
    pub payload: Option<Payload>,
    /// Class scores, see [`Network::effective_readout`].
    pub scores: Vec<f32>,
    /// Operations of each layer, in order.
    pub layers: Vec<LayerCounts>,
}

/// Cause for which a split network cannot be made or executed.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum SplitError {
    /// The network, its weights, the cut or the execution is invalid.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The codec, the sample or the payload is invalid.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The network is cut after its last layer, so there is no tail.
    #[error("the network is cut after its last layer: the edge has the answer and there is no tail to run")]
    NoTail,
    /// The network was not ready for execution when it was needed, and could not be made so.
    #[error("the network cannot be made ready for execution: {reason}")]
    Unready {
        /// Cause of the failure.
        reason: String,
    },
    /// The class scores are not numbers, although nothing was lost or damaged on the way.
    #[error(
        "its class scores are not finite{}: its weights are too large for 32-bit floats",
        layer.as_ref().map_or_else(String::new, |layer| format!(", and neither are the values of the layer `{layer}`"))
    )]
    NotFinite {
        /// Name of the first executed layer whose stored output holds NaN or infinity, if there is one.
        layer: Option<String>,
    },
}

impl SplitNetwork {
    /// Cuts `network` after layer `cut` (see [`Network::split`] and [`Network::with_bottleneck`]) and codes the feature
    /// there with `codec` (see [`Codec::for_cut`]; not used if `cut` is the last layer). A spiking network runs for
    /// `steps` time steps.
    ///
    /// # Errors
    /// A network, weights or cut that cannot be executed, or a codec that cannot take the feature's shape.
    pub fn new(
        network: &Network,
        weights: &Weights,
        cut: usize,
        codec: Codec,
        steps: usize,
    ) -> Result<Self, SplitError> {
        Self::with_input(Signal::Real, network, weights, cut, codec, steps)
    }

    /// As [`SplitNetwork::new`], for samples of the kind `input`, see [`Executable::with_input`]; coded samples are
    /// executed by [`SplitNetwork::run`].
    ///
    /// # Errors
    /// As [`SplitNetwork::new`].
    pub fn with_input(
        input: impl Into<InputKind>,
        network: &Network,
        weights: &Weights,
        cut: usize,
        codec: Codec,
        steps: usize,
    ) -> Result<Self, SplitError> {
        let executable = Arc::new(Executable::with_input(input, network, weights)?);
        let layers = network.layers.len();
        executable.check_range(&(cut.saturating_add(1)..layers.max(cut.saturating_add(1))))?;
        if steps == 0 {
            return Err(InferenceError::NoSteps.into());
        }
        let sample = Coder::new(Codec::Pixels8, network.input(), 1)?;
        let feature = if cut + 1 == layers {
            None
        } else {
            Some(Coder::new(codec, network.layers[cut].output, executable.steps_after(cut, steps))?)
        };
        Ok(Self { executable, cut, steps, sample, feature })
    }

    /// The network, whole.
    pub fn network(&self) -> &Network {
        self.executable.network()
    }

    /// The network, prepared for execution without a cut.
    pub fn executable(&self) -> &Executable {
        &self.executable
    }

    /// Index of the last layer of the head.
    pub fn cut(&self) -> usize {
        self.cut
    }

    /// Time steps, T.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Executes the head on a sample of 8-bit pixels in the order `[row][column][channel]`; the network's input is
    /// `pixel / 255`.
    ///
    /// # Errors
    /// A wrong number of pixels, a feature that the codec cannot take, or [`SplitError::NotFinite`].
    pub fn head(&self, pixels: &[u8]) -> Result<HeadExecution, SplitError> {
        self.head_on(&Feature::Real(self.sample(pixels)?))
    }

    /// Executes the head on a `sample` of the kind that the network was prepared for.
    ///
    /// # Errors
    /// A sample of another kind, shape or number of steps, a feature that the codec cannot take, or [`SplitError::NotFinite`].
    pub fn head_on(&self, sample: &Feature) -> Result<HeadExecution, SplitError> {
        let run = self.executable.run(1..self.cut + 1, sample, self.steps)?;
        let Some(coder) = &self.feature else {
            let output = HeadOutput::Scores(self.finite_scores(&run, 1, sample)?);
            return Ok(HeadExecution { output, layers: run.layers, codec: None });
        };
        let payload = coder.encode(&run.output)?;
        let codec = coder.operations(&payload, self.cut == 0).map(|counts| LayerCounts {
            layer: self.cut,
            is_codec: true,
            counts,
            with_borders: counts,
            nonzero: counts,
            ..LayerCounts::default()
        });
        Ok(HeadExecution { output: HeadOutput::Payload(payload), layers: run.layers, codec })
    }

    /// This network for `steps` time steps; the weights are shared. What a spiking network does in a step does not
    /// depend on later steps, so the payload for fewer steps is the beginning of that for more.
    ///
    /// # Errors
    /// [`InferenceError::NoSteps`], or a codec that cannot take the feature's shape.
    pub fn for_steps(&self, steps: usize) -> Result<Self, SplitError> {
        if steps == 0 {
            return Err(InferenceError::NoSteps.into());
        }
        let held = self.executable.steps_after(self.cut, steps);
        let feature = self.feature.as_ref().map(|coder| coder.for_steps(held)).transpose()?;
        Ok(Self { steps, feature, ..self.clone() })
    }

    /// This network with `missing` as the treatment of what does not arrive; the default is [`Missing::Zero`].
    pub fn with_missing(self, missing: Missing) -> Self {
        Self { feature: self.feature.map(|coder| coder.with_missing(missing)), ..self }
    }

    /// Executes the tail on a payload as it arrived after `damage`; [`SplitNetwork::with_missing`] chooses the
    /// substitute for missing bits.
    ///
    /// # Errors
    /// [`SplitError::NoTail`], a payload that this network's head cannot have made, or, without damage,
    /// [`SplitError::NotFinite`].
    pub fn tail(&self, payload: &Payload, damage: &Damage<'_>) -> Result<TailExecution, SplitError> {
        let coder = self.feature.as_ref().ok_or(SplitError::NoTail)?;
        let feature = coder.decode(payload, damage)?;
        // A feature that holds every step may have lost some of them; a constant one says nothing about T.
        let steps = if coder.steps() == 1 { self.steps } else { feature.steps() };
        let layers = self.cut + 1..self.network().layers.len();
        let run = self.executable.run(layers.clone(), &feature, steps)?;
        // Flipped bits make any number of a value.
        let scores = match *damage == Damage::NONE {
            true => self.finite_scores(&run, layers.start, &feature)?,
            false => self.executable.scores(&run),
        };
        Ok(TailExecution { answer: argmax(&scores), scores, layers: run.layers })
    }

    /// The network's input for a sample of 8-bit `pixels`, see [`SplitNetwork::head`].
    ///
    /// # Errors
    /// A wrong number of pixels.
    pub fn sample(&self, pixels: &[u8]) -> Result<Real, SplitError> {
        match self.sample.decode(&Payload { bytes: pixels.to_vec(), step_starts: vec![0] }, &Damage::NONE)? {
            Feature::Real(sample) => Ok(sample),
            Feature::Spikes(_) | Feature::Graded(_) => unreachable!("pixels are real values"),
        }
    }

    /// Executes head and tail on `input` with nothing lost between them; `run` executes a range of layers, as
    /// [`Executable::run`] or [`crate::inference::Observation::run`] do.
    ///
    /// # Errors
    /// An input of another kind than the network was prepared for, a feature that the codec cannot take, or
    /// [`SplitError::NotFinite`].
    pub fn run(
        &self,
        input: &Feature,
        mut run: impl FnMut(Range<usize>, &Feature) -> Result<Execution, InferenceError>,
    ) -> Result<WholeExecution, SplitError> {
        let head = run(1..self.cut + 1, input)?;
        let Some(coder) = &self.feature else {
            let scores = self.finite_scores(&head, 1, input)?;
            return Ok(WholeExecution { payload: None, scores, layers: head.layers });
        };
        let payload = coder.encode(&head.output)?;
        let tail = run(self.cut + 1..self.network().layers.len(), &coder.decode(&payload, &Damage::NONE)?)?;
        let scores = self.finite_scores(&tail, 1, input)?;
        Ok(WholeExecution { payload: Some(payload), scores, layers: [head.layers, tail.layers].concat() })
    }

    /// The class scores of an `execution`, which are finite; the layers from `first` on were executed on `input`.
    fn finite_scores(&self, execution: &Execution, first: usize, input: &Feature) -> Result<Vec<f32>, SplitError> {
        let scores = self.executable.scores(execution);
        match scores.iter().all(|score| score.is_finite()) {
            true => Ok(scores),
            false => Err(SplitError::NotFinite { layer: self.first_not_finite(first, input) }),
        }
    }

    /// Name of the first layer from `first` on whose stored output on `input` holds NaN or infinity.
    fn first_not_finite(&self, first: usize, input: &Feature) -> Option<String> {
        let mut found = None;
        let layers = first..self.network().layers.len();
        let is_infinite = |output: &Feature| match output {
            Feature::Real(real) => !real.data.iter().all(|value| value.is_finite()),
            Feature::Spikes(_) | Feature::Graded(_) => false,
        };
        // Executed once more, to say where; if that fails, it is not said.
        let _ = self.executable.run_observed(layers, input, self.steps, |layer, _, output| {
            if found.is_none() && output.is_some_and(is_infinite) {
                found = Some(layer);
            }
        });
        Some(self.network().layers[found?].name.clone())
    }
}
