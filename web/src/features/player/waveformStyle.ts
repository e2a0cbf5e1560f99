/** The height of the waveform decides over the digest of Wavesurfer's style sheet in the page's policy: both are made from this. */
export const WAVEFORM_PX = 120;
