/** Runs in the audio thread: the microphone's samples become s16le blocks of 40 ms at 16 kHz. */

const RATE = 16_000;
const BLOCK = 640;

class TalkProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / RATE;
    this.place = 0;
    this.sum = 0;
    this.count = 0;
    this.block = new Int16Array(BLOCK);
    this.filled = 0;
  }

  /** Each output sample is the mean of the input samples that it stands for: low-pass enough for speech. */
  process([input]) {
    for (const sample of input[0] ?? []) {
      this.sum += sample;
      this.count += 1;
      this.place += 1;
      if (this.place < this.step) continue;
      this.place -= this.step;
      this.put(this.sum / this.count);
      this.sum = 0;
      this.count = 0;
    }
    return true;
  }

  put(value) {
    this.block[this.filled] = Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767)));
    this.filled += 1;
    if (this.filled < BLOCK) return;
    this.port.postMessage(this.block.slice());
    this.filled = 0;
  }
}

registerProcessor("talk", TalkProcessor);
