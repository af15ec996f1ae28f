"""burnish against peft and TRL's SFTTrainer: the same LoRA on the same token ids, masks and batches, one thread each.

    BURNISH_DATA=path/to/data python -m benchmarks.against_sft --rows 48 --epochs 1

Each system runs in a process of its own, one after the other, in one go, and processor seconds of training alone are
compared. The SFTTrainer is given burnish's batches, which are made of rows of similar length, so it gets these without
paying for them; with its own random batches it would compute more padding. Both compute in bf16 (`--fp32`: in float32).
"""

from __future__ import annotations

import argparse

from benchmarks.measuring import add_results_option, kept, table

SYSTEMS = ("burnish", "TRL")


def main() -> None:
    """Run both systems and print the table and the loss curves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--longest", type=int, default=512)
    parser.add_argument("--fp32", action="store_true")
    add_results_option(parser)
    options = parser.parse_args()
    settings = {
        "rows": options.rows,
        "epochs": options.epochs,
        "longest": options.longest,
        "bf16": not options.fp32,
    }
    found = {system: kept(options.results, "benchmarks.conversations", system, **settings) for system in SYSTEMS}
    speeds = {system: result["tokens"] / result["seconds"] for system, result in found.items()}
    rows = [
        [
            system,
            f"{result['seconds']:.1f}",
            f"{speeds[system]:.0f}",
            f"{speeds[system] / speeds['TRL']:.2f}x",
            f"{result['losses'][0]:.3f}",
            f"{result['losses'][-1]:.3f}",
        ]
        for system, result in found.items()
    ]
    headings = ["system", "CPU s training", "tokens a CPU second", "speed", "first loss", "last loss"]
    print("\n" + table(headings, rows))
    apart = [abs(a - b) for a, b in zip(found["burnish"]["losses"], found["TRL"]["losses"], strict=True)]
    print(
        f"\nlosses of {len(apart)} steps: apart by {max(apart):.3f} at most, {sum(apart) / len(apart):.3f} on average"
    )


if __name__ == "__main__":
    main()
