#ifndef QP_TRAIN_AGREEMENT_H
#define QP_TRAIN_AGREEMENT_H

#include "lib/cluster/cluster.h"
#include "lib/run/settings/train_settings.h"

/* train_agreement — whether all ranks are about to compute the same: they have one version of quipu, one kind of CPU
 * kernels and one BLAS, equal options (except those of output, and --threads) and equal data. Collective.
 *   fingerprint  of the run (train_folder.h)
 * Errors   QP_EUSAGE on all ranks, naming the first rank that differs from rank 0, and in what. */
qp_status qp_train_agree(qp_cluster *cluster, qp_train_settings *settings, const char *fingerprint);

#endif
