#ifndef QP_COMMANDS_H
#define QP_COMMANDS_H

/* commands — one function for each verb, in cli/cmd_<verb>.c: argv[0] is the verb, the exit code is returned. A command
 * prints its data on stdout and all else on stderr; main checks in the end that stdout was really written. */
int qp_cmd_translate(int argc, char **argv);
int qp_cmd_generate(int argc, char **argv);
int qp_cmd_score(int argc, char **argv);
int qp_cmd_evaluate(int argc, char **argv);
int qp_cmd_attend(int argc, char **argv);
int qp_cmd_predict(int argc, char **argv);
int qp_cmd_train(int argc, char **argv);
int qp_cmd_info(int argc, char **argv);
int qp_cmd_average(int argc, char **argv);
int qp_cmd_demo(int argc, char **argv);
int qp_cmd_doctor(int argc, char **argv);
int qp_cmd_tokenizer(int argc, char **argv);
int qp_cmd_import(int argc, char **argv);
int qp_cmd_export(int argc, char **argv);

#endif
