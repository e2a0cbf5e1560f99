/** Peaks as `audiowaveform` writes them (its JSON format, version 2): pairs of the least and the greatest sample. Pure. */
interface Waveform {
  channels?: number;
  sample_rate: number;
  samples_per_pixel: number;
  bits: number;
  length: number;
  data: number[];
}

export interface Peaks {
  /** -1 to 1, least and greatest by turns, one list a channel. */
  channels: number[][];
  duration: number;
}

/** @throws Error when it is not such a file. */
export function parsePeaks(text: string): Peaks {
  const file = JSON.parse(text) as Partial<Waveform>;
  const { data, sample_rate: rate, samples_per_pixel: each, length, bits = 8, channels = 1 } = file;
  if (!Array.isArray(data) || !rate || !each || !length || channels < 1) throw new Error("this is not a waveform");
  const full = 2 ** (bits - 1);
  const found = Array.from({ length: channels }, (_, channel) => {
    const peaks: number[] = [];
    for (let point = 0; point < length; point++) {
      const at = (point * channels + channel) * 2;
      peaks.push((data[at] ?? 0) / full, (data[at + 1] ?? 0) / full);
    }
    return peaks;
  });
  return { channels: found, duration: (length * each) / rate };
}
