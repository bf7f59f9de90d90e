#ifndef QP_SMALL_TASKS_H
#define QP_SMALL_TASKS_H

/* small_tasks — small models of the tasks of `predict`, trained in this process in a fraction of a second, and their
 * data. small_task_train goes to a new folder, as small_model_write does.
 *   classify  "texts": label TAB text; the label is "high" or "low", as the first word is w0 or w1
 *   tag       "words.conll": "see" is O, "Ann" is B-PER
 *   regress   "days.csv": columns day, temp
 *   mlm       "lines": w0 w1 w2 w0 w1 w2 ...
 *   match     "pairs": a5 b2 TAB y2 x5
 *   images    classify "images.csv": 4 x 4 with a bright point in the "upper" or the "lower" half, column half */
void small_task_train(const char *task, int updates);

#endif
