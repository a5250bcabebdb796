//! The devices that compute passes.

use anyhow::Result;
use clap::ValueEnum;

/// Device that computes the passes.
pub(crate) enum Device {
    /// The kernels of this crate, on the processor.
    Kernels,
    /// The tensor library, on one of its devices.
    #[cfg(feature = "tensor-library")]
    Library(candle_core::Device),
}

impl Device {
    /// Whether the kernels of this crate compute the passes.
    pub(crate) fn is_kernels(&self) -> bool {
        matches!(self, Self::Kernels)
    }

    /// Name on the command line and in weight files.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Kernels => "cpu",
            #[cfg(feature = "tensor-library")]
            Self::Library(candle_core::Device::Cpu) => "cpu-library",
            #[cfg(feature = "tensor-library")]
            Self::Library(_) => "cuda",
        }
    }
}

/// A device as it is named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeviceName {
    /// The processor, by the kernels of this program
    Cpu,
    /// The processor, by the tensor library: slower, for comparison (needs the feature `tensor-library`)
    CpuLibrary,
    /// The first CUDA device, by the tensor library (needs the feature `cuda`)
    Cuda,
}

impl DeviceName {
    /// Opens the device.
    ///
    /// # Errors
    /// If this program was built without the feature that the device needs, or there is no such device.
    pub(crate) fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Kernels),
            #[cfg(feature = "tensor-library")]
            Self::CpuLibrary => Ok(Device::Library(candle_core::Device::Cpu)),
            #[cfg(not(feature = "tensor-library"))]
            Self::CpuLibrary => Err(without("tensor-library")),
            #[cfg(feature = "cuda")]
            Self::Cuda => {
                use anyhow::Context;
                Ok(Device::Library(
                    candle_core::Device::new_cuda(0)
                        .context("no usable CUDA device was found; `--device cpu` needs none")?,
                ))
            }
            #[cfg(not(feature = "cuda"))]
            Self::Cuda => Err(without("cuda")),
        }
    }
}

#[cfg(not(feature = "cuda"))] // the feature `cuda` includes `tensor-library`
fn without(feature: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "this program was built without this device: build it with `--features {feature}`, or take `--device cpu`"
    )
}
