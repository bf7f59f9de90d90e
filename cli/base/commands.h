#ifndef QP_COMMANDS_H
#define QP_COMMANDS_H

/* commands — one function per command, in cmd_<command>.c: argv[0] is the command, the exit code is returned. A command
 * prints its data on stdout and everything else on stderr; main finally checks that stdout was written. */
int qp_cmd_translate(int argc, char **argv);
int qp_cmd_generate(int argc, char **argv);
int qp_cmd_score(int argc, char **argv);
int qp_cmd_evaluate(int argc, char **argv);
int qp_cmd_attend(int argc, char **argv);
int qp_cmd_predict(int argc, char **argv);
int qp_cmd_embed(int argc, char **argv);
int qp_cmd_search(int argc, char **argv);
int qp_cmd_train(int argc, char **argv);
int qp_cmd_info(int argc, char **argv);
int qp_cmd_quantize(int argc, char **argv);
int qp_cmd_average(int argc, char **argv);
int qp_cmd_merge(int argc, char **argv);
int qp_cmd_demo(int argc, char **argv);
int qp_cmd_doctor(int argc, char **argv);
int qp_cmd_tokenizer(int argc, char **argv);
int qp_cmd_import(int argc, char **argv);
int qp_cmd_export(int argc, char **argv);

#endif
