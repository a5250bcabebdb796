//! What the papers claim, as data. Everything that was read of each source stands here, and nothing that was not.

use super::channels::{ERASURES, NOISE};
use cospike_models::zoo::Disturbance;
use cospike_sim_core::network::BottleneckKind;

/// A version of a publication, and how much of it could be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// Short name with the version, such as `SpikeBottleNet v2`.
    pub(super) name: &'static str,
    /// Authors, and where it was published.
    pub(super) published: &'static str,
    /// How much of it could be read.
    pub(super) read: &'static str,
}

/// One claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct PaperClaim {
    pub(super) source: &'static Source,
    /// What is claimed.
    pub(super) says: &'static str,
    /// What it is compared with, as far as the source says.
    pub(super) baseline: &'static str,
    /// What would have to be known to test the same thing.
    pub(super) unknown: &'static str,
    pub(super) test: Test,
}

/// How a claim is tested here.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    /// Not at all, for this reason.
    NotHere(&'static str),
    /// Units of a kind at the last split point compress by `ratio` and lose at most so many points.
    Compression { kind: BottleneckKind, ratio: f64, points: f64 },
    /// Units of joint source-channel coding at the last split point reduce what is sent by `ratio` and lose at most so many points in
    /// what the channel does.
    Joint { ratio: f64, points: f64, disturbance: Disturbance },
    /// Payloads at the earlier split points are smaller by at least this share than those of 8-bit values.
    Smaller { share: f64 },
    /// Compute of the head with the encoder takes so many times less energy than that of the float unit.
    EdgeEnergy { ratio: f64 },
    /// 1-bit activations lose at most so many points more than spikes.
    OneBit { points: f64 },
    /// With one bit in ten inverted, 8-bit values leave no more than chance.
    EightBitCollapse,
    /// With one bit in ten inverted, units of a kind lose at most so many points.
    Robust { kind: BottleneckKind, points: f64 },
    /// Cut networks are so many times faster, and take so many times less energy, than sending the image.
    CloudOnly { latency: f64, energy: f64 },
    /// A bit costs less on Wi-Fi than on 4G, and less on 4G than on 3G.
    RadioOrder,
    /// Cut networks take at most this share of the energy of the device that answers alone.
    EdgeOnlyEnergy { share: f64 },
    /// Cut networks answer so many times faster than the device alone.
    EdgeOnlyLatency { ratio: f64 },
    /// The energy of a device that asks the cloud where it is not certain, as a sum.
    Fallback,
}

const ABSTRACT: &str = "its abstract and first lines; no full text, table or code could be read";

static SPIKE_BOTTLENET_1: Source =
    Source { name: "SpikeBottleNet v1", published: "Hassan and Davy, arXiv:2410.08673v1, 2024", read: ABSTRACT };
static SPIKE_BOTTLENET_2: Source = Source {
    name: "SpikeBottleNet v2",
    published: "Hassan, Davy, Zuber and Ashraf, arXiv:2410.08673v2; IntelliSys 2025, pp. 342-355",
    read: ABSTRACT,
};
static BOTTLENET_ARXIV: Source = Source {
    name: "BottleNet, arXiv",
    published: "Eshratifar, Esmaili and Pedram, arXiv:1902.01000v1, 2019",
    read: "its abstract, and the tables of machines and radios on a mirror; the tables of results could not be read",
};
static BOTTLENET_ISLPED: Source = Source {
    name: "BottleNet, ISLPED",
    published: "Eshratifar, Esmaili and Pedram, ISLPED 2019, doi 10.1109/islped.2019.8824955",
    read: "its abstract, in two indexes",
};
static BOTTLENET_PLUS_PLUS: Source = Source {
    name: "BottleNet++",
    published: "Shao and Zhang, arXiv:1910.14315; ICC Workshops 2020",
    read: "its abstract, and all of its code (commit de80800)",
};
static NEUCODEX: Source = Source {
    name: "NeuCODEX",
    published: "Hassan, Davy, Zawish, Zuber and Ashraf, arXiv:2509.19156; ICMLA 2025",
    read: "its abstract and first lines; how it works only from a review by a third party",
};
static EC_SNN: Source = Source {
    name: "EC-SNN",
    published: "Yu, Du, Jiang, Tong and Deng, IJCAI 2024",
    read: "all of it, and its code (commit d8ac20a)",
};
static ECC_SNN: Source = Source {
    name: "ECC-SNN",
    published: "Yu et al., arXiv:2505.20835; IJCAI 2025",
    read: "its abstract, and all of its code (commit d5587ab), which holds the constants of its energies",
};
static SNN_SC: Source = Source {
    name: "SNN-SC",
    published: "Wang, Li, Ma and Fan, arXiv:2210.06836v4; IEEE TCCN 10(5), 2024, pp. 1816-1829",
    read: "its abstract; layers and accuracies only from the re-implementation in SpikeAdapt-SC",
};
static SPIKE_ADAPT_SC: Source = Source {
    name: "SpikeAdapt-SC",
    published: "public repository JPL11/SpikeAdapt-SC (commit 239c8fd)",
    read: "its code and its tables; one author, no publication known",
};

/// All claims, by source.
pub(super) static CLAIMS: &[PaperClaim] = &[
    PaperClaim {
        source: &SPIKE_BOTTLENET_1,
        says: "Bit compression up to 256x in the final convolutional layer of Spike ResNet50, at an accuracy reduced by 2.5 %.",
        baseline: "BottleNet++; what the bits are compared with is not said.",
        unknown: "Data set, T, the layers of the unit, and whether 2.5 % are points or a share.",
        test: Test::Compression { kind: BottleneckKind::Spiking, ratio: 256.0, points: 2.5 },
    },
    PaperClaim {
        source: &SPIKE_BOTTLENET_1,
        says: "Transmitted features at earlier splitting points 75 % smaller.",
        baseline: "BottleNet++, whose code sends 8-bit values.",
        unknown: "Which splitting points and widths, and T.",
        test: Test::Smaller { share: 0.75 },
    },
    PaperClaim {
        source: &SPIKE_BOTTLENET_1,
        says: "Energy of the edge device less by a factor of up to 98.",
        baseline: "\"The baseline\", probably BottleNet++; its accounting is not said.",
        unknown: "Joules, price list, spike rates, T, and whether the radio and JPEG are included.",
        test: Test::EdgeEnergy { ratio: 98.0 },
    },
    PaperClaim {
        source: &SPIKE_BOTTLENET_2,
        says: "Bit compression up to 256x in the final convolutional layer of ResNet, at an accuracy loss of 0.16 %.",
        baseline: "BottleNet; what the bits are compared with is not said.",
        unknown: "Data set, T, the layers of the unit, number of trainings, and whether 0.16 % are points.",
        test: Test::Compression { kind: BottleneckKind::Spiking, ratio: 256.0, points: 0.16 },
    },
    PaperClaim {
        source: &SPIKE_BOTTLENET_2,
        says: "Edge energy less by up to 144x.",
        baseline: "BottleNet; its accounting is not said.",
        unknown: "Joules, price list, spike rates, T, and whether the radio and JPEG are included.",
        test: Test::EdgeEnergy { ratio: 144.0 },
    },
    PaperClaim {
        source: &BOTTLENET_ARXIV,
        says: "On average 30x better end-to-end latency and 40x less mobile energy.",
        baseline: "Cloud only: the image is sent, in which coding is not known. What the averages are over is not said; here it is 3G, 4G and Wi-Fi.",
        unknown: "The tables of results, and the size of its images; one here has 784 bytes.",
        test: Test::CloudOnly { latency: 30.0, energy: 40.0 },
    },
    PaperClaim {
        source: &BOTTLENET_ARXIV,
        says: "By its table of radios, a bit that is sent costs 1,612 nJ on 3G, 659 nJ on 4G and 290 nJ on Wi-Fi.",
        baseline: "Power while sending, a linear function of the rate (probably that of Huang et al., MobiSys 2012).",
        unknown: "Promotion, tail and standby, which the law leaves out.",
        test: Test::RadioOrder,
    },
    PaperClaim {
        source: &BOTTLENET_ISLPED,
        says: "On average 5.1x better latency and 6.9x less energy, without loss of accuracy.",
        baseline: "Cloud only, as in the version on arXiv.",
        unknown: "Why the factors are a sixth of those on arXiv.",
        test: Test::CloudOnly { latency: 5.1, energy: 6.9 },
    },
    PaperClaim {
        source: &BOTTLENET_PLUS_PLUS,
        says: "Bit compression up to 256x over the binary erasure channel, losing less than 2 %.",
        baseline: "The float32 features: 2048 channels to 32, and 32 bits to 8 (its code).",
        unknown: "Accuracy by split point. The probability of an erasure, 0.01, is that of its code's 256x runs.",
        test: Test::Joint { ratio: 256.0, points: 2.0, disturbance: ERASURES },
    },
    PaperClaim {
        source: &BOTTLENET_PLUS_PLUS,
        says: "Bandwidth reduced up to 64x over the AWGN channel, losing less than 2 %.",
        baseline: "The float32 features, 2048 channels to 32.",
        unknown: "Accuracy by split point. The noise, a standard deviation of 0.1 of the largest amplitude (20 dB), is that of its code's \
                  64x runs.",
        test: Test::Joint { ratio: 64.0, points: 2.0, disturbance: NOISE },
    },
    PaperClaim {
        source: &BOTTLENET_PLUS_PLUS,
        says: "On-device computation reduced up to 3x.",
        baseline: "Not said in the abstract.",
        unknown: "The baseline.",
        test: Test::NotHere("what the computation is compared with could not be read"),
    },
    PaperClaim {
        source: &NEUCODEX,
        says: "Data transfer less by up to 2048x, losing less than 2 %.",
        baseline: "Not said in the abstract.",
        unknown: "What the transfer is compared with; its exit after each time step, which is left out here.",
        test: Test::Compression { kind: BottleneckKind::Spiking, ratio: 2048.0, points: 2.0 },
    },
    PaperClaim {
        source: &NEUCODEX,
        says: "Edge energy less by more than 90 %.",
        baseline: "Edge-only inference.",
        unknown: "Hardware, accounting, split point and threshold; the size of the scores that are sent back after each time step.",
        test: Test::EdgeOnlyEnergy { share: 0.1 },
    },
    PaperClaim {
        source: &NEUCODEX,
        says: "End-to-end latency less by up to 3x.",
        baseline: "Edge-only inference.",
        unknown: "Hardware and link of its testbed, and the threshold; whether the device waits for the scores before its next step. Here \
                  it does not.",
        test: Test::EdgeOnlyLatency { ratio: 3.0 },
    },
    PaperClaim {
        source: &EC_SNN,
        says: "Latency 60.7 % and energy 27.7 % less on average.",
        baseline: "Not recorded when it was read. Devices are Raspberry Pi 4B, and energy is a number of spikes, not joules.",
        unknown: "The baseline of the averages.",
        test: Test::NotHere(
            "it is no cut between layers: sub-models for classes run on several devices at once and a server fuses them, which a \
             scenario cannot say",
        ),
    },
    PaperClaim {
        source: &ECC_SNN,
        says: "Energy per sample is CUR (cloud + communication + edge) + (1 - CUR) edge, CUR being the share that is sent.",
        baseline: "None: it is how its code computes energy.",
        unknown: "Its machines: a Darwin chip and a ViT on a server.",
        test: Test::Fallback,
    },
    PaperClaim {
        source: &ECC_SNN,
        says: "Accuracy 4.15 points higher, energy 79.4 % and latency 39.1 % less.",
        baseline: "Not said in the abstract.",
        unknown: "The baseline.",
        test: Test::NotHere(
            "there is no ViT and no learning on the device. With the constants of its code (cloud 15,167 mJ, link 8.77 mJ, edge \
             0.69 mJ) the sum gives 79.4 % less than sending everything if CUR is 20.6 %, whatever the edge does: 99.9 % of the \
             energy is the cloud's",
        ),
    },
    PaperClaim {
        source: &SNN_SC,
        says: "Better than separate source and channel coding, without a cliff. With one bit in ten inverted it loses 0.26 points (T = 8; \
               by the table of SpikeAdapt-SC).",
        baseline: "Separate coding. Here JPEG without a channel code, which falls nearly to chance: see the table of inverted bits.",
        unknown: "Its own accuracies; its neuron in the decoder, its entropy loss and its 16,384 bits are not those of the units here.",
        test: Test::Robust { kind: BottleneckKind::Spiking, points: 0.26 },
    },
    PaperClaim {
        source: &SPIKE_ADAPT_SC,
        says: "A CNN with 1-bit activations nearly equals the SNN at an eighth of the bits: 75.51 against 75.78 %.",
        baseline: "SNN-SC with T = 8, on the same backbone.",
        unknown: "Number of trainings.",
        test: Test::OneBit { points: 0.27 },
    },
    PaperClaim {
        source: &SPIKE_ADAPT_SC,
        says: "With one bit in ten inverted the 1-bit CNN loses 0.56 points.",
        baseline: "The same network without errors.",
        unknown: "Number of trainings, and with which errors it was trained.",
        test: Test::Robust { kind: BottleneckKind::Binary, points: 0.56 },
    },
    PaperClaim {
        source: &SPIKE_ADAPT_SC,
        says: "With one bit in ten inverted a CNN with 8-bit activations falls to chance (1 % of 100 classes).",
        baseline: "The same network without errors, which has only 29.80 % itself.",
        unknown: "Why it fails without any error.",
        test: Test::EightBitCollapse,
    },
];
