"""Our metrics against Cityscapes' official evaluator, on the same predictions, as files of both.

Needs `pip install cityscapesscripts` and a built checkout (`npm run build`). Usage: check-cityscapes-metrics.py
"""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).parent


def official_scores(folder: pathlib.Path) -> dict:
    os.environ["CITYSCAPES_DATASET"] = str(folder)
    os.environ["CITYSCAPES_RESULTS"] = str(folder / "results")
    from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as evaluator

    truth = sorted(str(path) for path in folder.glob("gtFine/val/*/*_gtFine_labelIds.png"))
    args = evaluator.args
    args.JSONOutput = False
    args.quiet = True
    args.evalInstLevelScore = False
    args.predictionPath = str(folder / "results")
    args.predictionWalk = None
    # The evaluator looks the prediction of each frame up by its official name.
    predictions = [evaluator.getPrediction(args, path) for path in truth]
    return evaluator.evaluateImgLists(predictions, truth, args)


def main() -> int:
    worst = 0.0
    for seed in range(1, 4):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["node", TOOLS / "cityscapes-predictions.mjs", folder, str(seed)], check=True)
            official = official_scores(pathlib.Path(folder))
            ours = json.loads((pathlib.Path(folder) / "scores.json").read_text())
        pairs = [("mean IoU", official["averageScoreClasses"], ours["meanIoU"])]
        for entry in ours["perClass"]:
            pairs.append((entry["name"], official["classScores"][entry["name"]], entry["iou"]))
        for name, theirs, mine in pairs:
            mine = math.nan if mine is None else mine
            if math.isnan(theirs) and math.isnan(mine):
                continue
            difference = abs(theirs - mine)
            if not difference <= 1e-12:
                print(f"seed {seed}: {name}: official {theirs}, ours {mine}")
                return 1
            worst = max(worst, difference)
        print(f"seed {seed}: mean IoU {ours['meanIoU']:.6f}, official {official['averageScoreClasses']:.6f}")
    print(f"All classes and the mean agree; the largest difference is {worst:.1e}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
