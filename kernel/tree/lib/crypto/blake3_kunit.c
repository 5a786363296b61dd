// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the BLAKE3 library
 *
 * The input is always the usual one, of which byte i is i mod 251; the key and
 * the context are those of the published test vectors.
 */

#include <kunit/test.h>
#include <crypto/blake3.h>
#include <linux/hex.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#define INPUT_MAX 102400
#define EXTENDED_SIZE 131

enum blake3_mode { MODE_HASH, MODE_KEYED, MODE_DERIVE, MODE_COUNT };

static const char *const mode_names[] = { "hash", "keyed", "derive key" };

/*
 * A length of input and its digest in each mode, in hexadecimal lines of
 * BLAKE3_HASH_SIZE bytes.
 */
struct blake3_vector {
	size_t len;
	const char *digest[MODE_COUNT]
			  [DIV_ROUND_UP(EXTENDED_SIZE, BLAKE3_HASH_SIZE)];
};

/*
 * The two tables are facts, not the output of the code under test: they are
 * what tests/blake3/vectors prints, which asks Debian's b3sum. The lengths are
 * those where blocks, chunks and subtrees turn over.
 */
static const struct blake3_vector digests[] = {
	{ 0, {
		{ "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262" },
		{ "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26" },
		{ "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d" },
	} },
	{ 1, {
		{ "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213" },
		{ "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b" },
		{ "b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c" },
	} },
	{ 2, {
		{ "7b7015bb92cf0b318037702a6cdd81dee41224f734684c2c122cd6359cb1ee63" },
		{ "5392ddae0e0a69d5f40160462cbd9bd889375082ff224ac9c758802b7a6fd20a" },
		{ "1f166565a7df0098ee65922d7fea425fb18b9943f19d6161e2d17939356168e6" },
	} },
	{ 3, {
		{ "e1be4d7a8ab5560aa4199eea339849ba8e293d55ca0a81006726d184519e647f" },
		{ "39e67b76b5a007d4921969779fe666da67b5213b096084ab674742f0d5ec62b9" },
		{ "440aba35cb006b61fc17c0529255de438efc06a8c9ebf3f2ddac3b5a86705797" },
	} },
	{ 4, {
		{ "f30f5ab28fe047904037f77b6da4fea1e27241c5d132638d8bedce9d40494f32" },
		{ "7671dde590c95d5ac9616651ff5aa0a27bee5913a348e053b8aa9108917fe070" },
		{ "f46085c8190d69022369ce1a18880e9b369c135eb93f3c63550d3e7630e91060" },
	} },
	{ 5, {
		{ "b40b44dfd97e7a84a996a91af8b85188c66c126940ba7aad2e7ae6b385402aa2" },
		{ "73ac69eecf286894d8102018a6fc729f4b1f4247d3703f69bdc6a5fe3e0c8461" },
		{ "1f24eda69dbcb752847ec3ebb5dd42836d86e58500c7c98d906ecd82ed9ae47f" },
	} },
	{ 6, {
		{ "06c4e8ffb6872fad96f9aaca5eee1553eb62aed0ad7198cef42e87f6a616c844" },
		{ "82d3199d0013035682cc7f2a399d4c212544376a839aa863a0f4c91220ca7a6d" },
		{ "be96b30b37919fe4379dfbe752ae77b4f7e2ab92f7ff27435f76f2f065f6a5f4" },
	} },
	{ 7, {
		{ "3f8770f387faad08faa9d8414e9f449ac68e6ff0417f673f602a646a891419fe" },
		{ "af0a7ec382aedc0cfd626e49e7628bc7a353a4cb108855541a5651bf64fbb28a" },
		{ "dc3b6485f9d94935329442916b0d059685ba815a1fa2a14107217453a7fc9f0e" },
	} },
	{ 8, {
		{ "2351207d04fc16ade43ccab08600939c7c1fa70a5c0aaca76063d04c3228eaeb" },
		{ "be2f5495c61cba1bb348a34948c004045e3bd4dae8f0fe82bf44d0da245a0600" },
		{ "2b166978cef14d9d438046c720519d8b1cad707e199746f1562d0c87fbd32940" },
	} },
	{ 31, {
		{ "bda80c7fe2db38be6387b35c870bd7728d67b7b6cc5eb9b0e5c7dcb21ea754c2" },
		{ "f2a25a28508f949efb1f003f44835be683c0a7b203bde0918224fa4ab5e3a37b" },
		{ "501ef2c6cc5c9c541f52fd320e5312c8b198dfe07fa94c13e69ab626af498c35" },
	} },
	{ 32, {
		{ "e528e95798037df410543d9f31e396ecdd458d71b157d6014398bae32fb56c65" },
		{ "5c839dfe62acb270bf88d25872f144a81d2291b5fa5780b01ac7495e91511bd5" },
		{ "3a3811745f2befb9405149346551dada955d268929e5d9111fa86c3d505526cd" },
	} },
	{ 33, {
		{ "4f4e6c1dffd3a6c9959876d15aa96b5fb0da8632b995f6ca2e30503f2829fa29" },
		{ "252573d0542352f56b8d764f7541700c11dd0b735f93f93bec1cf6d8ec12439e" },
		{ "e3dbf5f95f462687481de1747ccea4949ee253bceace7089a86acfb660b2355f" },
	} },
	{ 63, {
		{ "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b" },
		{ "bb1eb5d4afa793c1ebdd9fb08def6c36d10096986ae0cfe148cd101170ce37ae" },
		{ "b6451e30b953c206e34644c6803724e9d2725e0893039cfc49584f991f451af3" },
	} },
	{ 64, {
		{ "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98" },
		{ "ba8ced36f327700d213f120b1a207a3b8c04330528586f414d09f2f7d9ccb7e6" },
		{ "a5c4a7053fa86b64746d4bb688d06ad1f02a18fce9afd3e818fefaa7126bf73e" },
	} },
	{ 65, {
		{ "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee" },
		{ "c0a4edefa2d2accb9277c371ac12fcdbb52988a86edc54f0716e1591b4326e72" },
		{ "51fd05c3c1cfbc8ed67d139ad76f5cf8236cd2acd26627a30c104dfd9d3ff8a8" },
	} },
	{ 127, {
		{ "d81293fda863f008c09e92fc382a81f5a0b4a1251cba1634016a0f86a6bd640d" },
		{ "c64200ae7dfaf35577ac5a9521c47863fb71514a3bcad18819218b818de85818" },
		{ "c91c090ceee3a3ac81902da31838012625bbcd73fcb92e7d7e56f78deba4f0c3" },
	} },
	{ 128, {
		{ "f17e570564b26578c33bb7f44643f539624b05df1a76c81f30acd548c44b45ef" },
		{ "b04fe15577457267ff3b6f3c947d93be581e7e3a4b018679125eaf86f6a628ec" },
		{ "81720f34452f58a0120a58b6b4608384b5c51d11f39ce97161a0c0e442ca0225" },
	} },
	{ 129, {
		{ "683aaae9f3c5ba37eaaf072aed0f9e30bac0865137bae68b1fde4ca2aebdcb12" },
		{ "d4a64dae6cdccbac1e5287f54f17c5f985105457c1a2ec1878ebd4b57e20d38f" },
		{ "938d2d4435be30eafdbb2b7031f7857c98b04881227391dc40db3c7b21f41fc1" },
	} },
	{ 1023, {
		{ "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11" },
		{ "c951ecdf03288d0fcc96ee3413563d8a6d3589547f2c2fb36d9786470f1b9d6e" },
		{ "74a16c1c3d44368a86e1ca6df64be6a2f64cce8f09220787450722d85725dea5" },
	} },
	{ 1024, {
		{ "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7" },
		{ "75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4" },
		{ "7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a689684302706" },
	} },
	{ 1025, {
		{ "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444" },
		{ "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69" },
		{ "effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb" },
	} },
	{ 2047, {
		{ "58830fbf51a4423c573b164471690570e544cfe793bead46225664796b4b1467" },
		{ "0e872f791bb2e9befc57d0abffd6345e8f51f512e91dbebc6eea3288a4c04f05" },
		{ "c547153975e5492f090e93141a8d825729d9956215c8f995f8340edf4acd29bc" },
	} },
	{ 2048, {
		{ "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a" },
		{ "879cf1fa2ea0e79126cb1063617a05b6ad9d0b696d0d757cf053439f60a99dd1" },
		{ "7b2945cb4fef70885cc5d78a87bf6f6207dd901ff239201351ffac04e1088a23" },
	} },
	{ 2049, {
		{ "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030" },
		{ "9f29700902f7c86e514ddc4df1e3049f258b2472b6dd5267f61bf13983b78dd5" },
		{ "2ea477c5515cc3dd606512ee72bb3e0e758cfae7232826f35fb98ca1bcbdf273" },
	} },
	{ 3072, {
		{ "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2" },
		{ "044a0e7b172a312dc02a4c9a818c036ffa2776368d7f528268d2e6b5df191770" },
		{ "050df97f8c2ead654d9bb3ab8c9178edcd902a32f8495949feadcc1e0480c46b" },
	} },
	{ 3073, {
		{ "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3" },
		{ "68dede9bef00ba89e43f31a6825f4cf433389fedae75c04ee9f0cf16a427c95a" },
		{ "72613c9ec9ff7e40f8f5c173784c532ad852e827dba2bf85b2ab4b76f7079081" },
	} },
	{ 4096, {
		{ "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969" },
		{ "befc660aea2f1718884cd8deb9902811d332f4fc4a38cf7c7300d597a081bfc0" },
		{ "1e0d7f3db8c414c97c6307cbda6cd27ac3b030949da8e23be1a1a924ad2f25b9" },
	} },
	{ 4097, {
		{ "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995" },
		{ "00df940cd36bb9fa7cbbc3556744e0dbc8191401afe70520ba292ee3ca80abbc" },
		{ "aca51029626b55fda7117b42a7c211f8c6e9ba4fe5b7a8ca922f34299500ead8" },
	} },
	{ 5120, {
		{ "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833" },
		{ "2c493e48e9b9bf31e0553a22b23503c0a3388f035cece68eb438d22fa1943e20" },
		{ "7a7acac8a02adcf3038d74cdd1d34527de8a0fcc0ee3399d1262397ce5817f60" },
	} },
	{ 5121, {
		{ "628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff" },
		{ "6ccf1c34753e7a044db80798ecd0782a8f76f33563accaddbfbb2e0ea4b2d024" },
		{ "b07f01e518e702f7ccb44a267e9e112d403a7b3f4883a47ffbed4b48339b3c34" },
	} },
	{ 6144, {
		{ "3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205" },
		{ "3d6b6d21281d0ade5b2b016ae4034c5dec10ca7e475f90f76eac7138e9bc8f1d" },
		{ "2a95beae63ddce523762355cf4b9c1d8f131465780a391286a5d01abb5683a15" },
	} },
	{ 6145, {
		{ "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f" },
		{ "9ac301e9e39e45e3250a7e3b3df701aa0fb6889fbd80eeecf28dbc6300fbc539" },
		{ "379bcc61d0051dd489f686c13de00d5b14c505245103dc040d9e4dd1facab8e5" },
	} },
	{ 7168, {
		{ "61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a" },
		{ "b42835e40e9d4a7f42ad8cc04f85a963a76e18198377ed84adddeaecacc6f3fc" },
		{ "11c37a112765370c94a51415d0d651190c288566e295d505defdad895dae2237" },
	} },
	{ 7169, {
		{ "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817" },
		{ "ed9b1a922c046fdb3d423ae34e143b05ca1bf28b710432857bf738bcedbfa511" },
		{ "554b0a5efea9ef183f2f9b931b7497995d9eb26f5c5c6dad2b97d62fc5ac31d9" },
	} },
	{ 8192, {
		{ "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63" },
		{ "dc9637c8845a770b4cbf76b8daec0eebf7dc2eac11498517f08d44c8fc00d58a" },
		{ "ad01d7ae4ad059b0d33baa3c01319dcf8088094d0359e5fd45d6aeaa8b2d0c3d" },
	} },
	{ 8193, {
		{ "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b" },
		{ "954a2a75420c8d6547e3ba5b98d963e6fa6491addc8c023189cc519821b4a1f5" },
		{ "af1e0346e389b17c23200270a64aa4e1ead98c61695d917de7d5b00491c9b0f1" },
	} },
	{ 16384, {
		{ "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4" },
		{ "9e9fc4eb7cf081ea7c47d1807790ed211bfec56aa25bb7037784c13c4b707b0d" },
		{ "160e18b5878cd0df1c3af85eb25a0db5344d43a6fbd7a8ef4ed98d0714c3f7e1" },
	} },
	{ 31744, {
		{ "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47" },
		{ "efa53b389ab67c593dba624d898d0f7353ab99e4ac9d42302ee64cbf9939a419" },
		{ "39772aef80e0ebe60596361e45b061e8f417429d529171b6764468c22928e28e" },
	} },
	{ 102400, {
		{ "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085" },
		{ "1c35d1a5811083fd7119f5d5d1ba027b4d01c0c6c49fb6ff2cf75393ea5db4a7" },
		{ "4652cff7a3f385a6103b5c260fc1593e13c778dbe608efb092fe7ee69df6e9c6" },
	} },
};

static const struct blake3_vector extended[] = {
	{ 0, {
		{ "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
		  "e00f03e7b69af26b7faaf09fcd333050338ddfe085b8cc869ca98b206c08243a",
		  "26f5487789e8f660afe6c99ef9e0c52b92e7393024a80459cf91f476f9ffdbda",
		  "7001c22e159b402631f277ca96f2defdf1078282314e763699a31c5363165421",
		  "cce14d" },
		{ "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26",
		  "b18171a2f22a4b94822c701f107153dba24918c4bae4d2945c20ece13387627d",
		  "3b73cbf97b797d5e59948c7ef788f54372df45e45e4293c7dc18c1d41144a975",
		  "8be58960856be1eabbe22c2653190de560ca3b2ac4aa692a9210694254c371e8",
		  "51bc8f" },
		{ "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d",
		  "905630c8be290dfcf3e6842f13bddd573c098c3f17361f1f206b8cad9d088aa4",
		  "a3f746752c6b0ce6a83b0da81d59649257cdf8eb3e9f7d4998e41021fac119de",
		  "efb896224ac99f860011f73609e6e0e4540f93b273e56547dfd3aa1a035ba668",
		  "9d89a0" },
	} },
	{ 1, {
		{ "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
		  "c3a6cb8bf623e20cdb535f8d1a5ffb86342d9c0b64aca3bce1d31f60adfa137b",
		  "358ad4d79f97b47c3d5e79f179df87a3b9776ef8325f8329886ba42f07fb138b",
		  "b502f4081cbcec3195c5871e6c23e2cc97d3c69a613eba131e5f1351f3f1da78",
		  "6545e5" },
		{ "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b",
		  "6568c0490609413006fbd428eb3fd14e7756d90f73a4725fad147f7bf70fd61c",
		  "4e0cf7074885e92b0e3f125978b4154986d4fb202a3f331a3fb6cf349a3a70e4",
		  "9990f98fe4289761c8602c4e6ab1138d31d3b62218078b2f3ba9a88e1d08d0dd",
		  "4cea11" },
		{ "b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c",
		  "5827b91bf889b6b97c5477f535361caefca0b5d8c4746441c576171119331589",
		  "50670f9aa8a05d791daae10ac683cbef8faf897c84e6114a59d2173c3f417023",
		  "a35d6983f2c7dfa57e7fc559ad751dbfb9ffab39c2ef8c4aafebc9ae973a64f0",
		  "c76551" },
	} },
	{ 64, {
		{ "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98",
		  "fc9cc56cb831ffe33ea8e7e1d1df09b26efd2767670066aa82d023b1dfe8ab1b",
		  "2b7fbb5b97592d46ffe3e05a6a9b592e2949c74160e4674301bc3f97e04903f8",
		  "c6cf95b863174c33228924cdef7ae47559b10b294acd660666c4538833582b43",
		  "f82d74" },
		{ "ba8ced36f327700d213f120b1a207a3b8c04330528586f414d09f2f7d9ccb7e6",
		  "8244c26010afc3f762615bbac552a1ca909e67c83e2fd5478cf46b9e811efccc",
		  "93f77a21b17a152ebaca1695733fdb086e23cd0eb48c41c034d52523fc21236e",
		  "5d8c9255306e48d52ba40b4dac24256460d56573d1312319afcf3ed39d72d0bf",
		  "c69acb" },
		{ "a5c4a7053fa86b64746d4bb688d06ad1f02a18fce9afd3e818fefaa7126bf73e",
		  "9b9493a9befebe0bf0c9509fb3105cfa0e262cde141aa8e3f2c2f77890bb64a4",
		  "cca96922a21ead111f6338ad5244f2c15c44cb595443ac2ac294231e31be4a43",
		  "07d0a91e874d36fc9852aeb1265c09b6e0cda7c37ef686fbbcab97e8ff66718b",
		  "e048bb" },
	} },
	{ 1024, {
		{ "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
		  "1cf8107265ecdaf8505b95d8fcec83a98a6a96ea5109d2c179c47a387ffbb404",
		  "756f6eeae7883b446b70ebb144527c2075ab8ab204c0086bb22b7c93d465efc5",
		  "7f8d917f0b385c6df265e77003b85102967486ed57db5c5ca170ba441427ed9a",
		  "fa684e" },
		{ "75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4",
		  "a78bc838c72852d4f49c864acb7adafe2478e824afe51c8919d06168414c265f",
		  "298a8094b1ad813a9b8614acabac321f24ce61c5a5346eb519520d38ecc43e89",
		  "b5000236df0597243e4d2493fd626730e2ba17ac4d8824d09d1a4a8f57b82277",
		  "78e2de" },
		{ "7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a689684302706",
		  "6c23b601d3ddfb391e90d5c8eccdef4ae2a264bce9e612ba15e2bc9d654af148",
		  "1b2e75dbabe615974f1070bba84d56853265a34330b4766f8e75edd1f4a16504",
		  "76c10802f22b64bd3919d246ba20a17558bc51c199efdec67e80a227251808d8",
		  "ce5bad" },
	} },
	{ 1025, {
		{ "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
		  "f4c4a22b4b399155358a994e52bf255de60035742ec71bd08ac275a1b51cc6bf",
		  "e332b0ef84b409108cda080e6269ed4b3e2c3f7d722aa4cdc98d16deb554e562",
		  "7be8f955c98e1d5f9565a9194cad0c4285f93700062d9595adb992ae68ff1280",
		  "0ab67a" },
		{ "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69",
		  "362396b77fdc0d2634a552970843722066c3c15902ae5097e00ff53f1e116f1c",
		  "d5352720113a837ab2452cafbde4d54085d9cf5d21ca613071551b25d52e69d6",
		  "c81123872b6f19cd3bc1333edf0c52b94de23ba772cf82636cff4542540a7738",
		  "d5b930" },
		{ "effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb",
		  "5d31013a167509e9066273ab6e2123bc835b408b067d88f96addb550d96b6852",
		  "dad38e320b9d940f86db74d398c770f462118b35d2724efa13da97194491d96d",
		  "d37c3c09cbef665953f2ee85ec83d88b88d11547a6f911c8217cca46defa2751",
		  "e7f3ad" },
	} },
	{ 102400, {
		{ "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
		  "e01c59dab908c04c3342b816941a26d69c2605ebee5ec5291cc55e15b76146e6",
		  "745f0601156c3596cb75065a9c57f35585a52e1ac70f69131c23d611ce11ee4a",
		  "b1ec2c009012d236648e77be9295dd0426f29b764d65de58eb7d01dd42248204",
		  "f45f8e" },
		{ "1c35d1a5811083fd7119f5d5d1ba027b4d01c0c6c49fb6ff2cf75393ea5db4a7",
		  "f9dbdd3e1d81dcbca3ba241bb18760f207710b751846faaeb9dff8262710999a",
		  "59b2aa1aca298a032d94eacfadf1aa192418eb54808db23b56e34213266aa084",
		  "99a16b354f018fc4967d05f8b9d2ad87a7278337be9693fc638a3bfdbe314574",
		  "ee6fc4" },
		{ "4652cff7a3f385a6103b5c260fc1593e13c778dbe608efb092fe7ee69df6e9c6",
		  "d83a3e041bc3a48df2879f4a0a3ed40e7c961c73eff740f3117a0504c2dff478",
		  "6d44fb17f1549eb0ba585e40ec29bf7732f0b7e286ff8acddc4cb1e23b87ff5d",
		  "824a986458dcc6a04ac83969b80637562953df51ed1a7e90a7926924d2763778",
		  "be8560" },
	} },
};

/* End of the tables. */

/* What a case works with: allocated, as neither is for the stack. */
struct blake3_fixture {
	struct blake3_ctx ctx;
	u8 input[INPUT_MAX];
};

static int setup(struct kunit *test)
{
	struct blake3_fixture *fix;
	size_t i;

	fix = kvzalloc(sizeof(*fix), GFP_KERNEL);
	if (!fix)
		return -ENOMEM;
	for (i = 0; i < sizeof(fix->input); i++)
		fix->input[i] = i % 251;
	test->priv = fix;
	return 0;
}

static void teardown(struct kunit *test)
{
	kvfree(test->priv);
}

static void begin(struct blake3_ctx *ctx, enum blake3_mode mode)
{
	static const u8 key[] = "whats the Elvish word for friend";
	static const char context[] =
		"BLAKE3 2019-12-27 16:29:52 test vectors context";

	/* What a context held before must not matter. */
	memset(ctx, 0xa5, sizeof(*ctx));
	if (mode == MODE_KEYED)
		blake3_init_keyed(ctx, key);
	else if (mode == MODE_DERIVE)
		blake3_init_derive_key(ctx, context, strlen(context));
	else
		blake3_init(ctx);
}

static void expect_digest(struct kunit *test, const u8 *digest,
			  const struct blake3_vector *vector,
			  enum blake3_mode mode, size_t size, size_t piece)
{
	const char *const *line = vector->digest[mode];
	u8 expected[EXTENDED_SIZE];
	size_t at, n;

	for (at = 0; at < size; at += n, line++) {
		n = min(size - at, (size_t)BLAKE3_HASH_SIZE);
		KUNIT_ASSERT_NOT_NULL(test, *line);
		KUNIT_ASSERT_EQ(test, 2 * n, strlen(*line));
		KUNIT_ASSERT_EQ(test, 0, hex2bin(expected + at, *line, n));
	}
	KUNIT_EXPECT_MEMEQ_MSG(test, digest, expected, size,
			       "%s of %zu bytes, in pieces of %zu",
			       mode_names[mode], vector->len, piece);
}

static void describe_vector(const struct blake3_vector *vector, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%zu bytes", vector->len);
}

KUNIT_ARRAY_PARAM(digests, digests, describe_vector);
KUNIT_ARRAY_PARAM(extended, extended, describe_vector);

static void blake3_oneshot_test(struct kunit *test)
{
	const struct blake3_vector *vector = test->param_value;
	struct blake3_fixture *fix = test->priv;
	u8 digest[BLAKE3_HASH_SIZE];

	blake3(digest, fix->input, vector->len);
	expect_digest(test, digest, vector, MODE_HASH, sizeof(digest),
		      vector->len);

	/* No byte beyond the length may count. */
	memset(fix->input + vector->len, 0xff, INPUT_MAX - vector->len);
	blake3(digest, fix->input, vector->len);
	expect_digest(test, digest, vector, MODE_HASH, sizeof(digest),
		      vector->len);
}

static void blake3_modes_test(struct kunit *test)
{
	const struct blake3_vector *vector = test->param_value;
	struct blake3_fixture *fix = test->priv;
	u8 digest[BLAKE3_HASH_SIZE];
	enum blake3_mode mode;

	for (mode = 0; mode < MODE_COUNT; mode++) {
		begin(&fix->ctx, mode);
		blake3_update(&fix->ctx, fix->input, vector->len);
		blake3_final(&fix->ctx, digest, sizeof(digest));
		expect_digest(test, digest, vector, mode, sizeof(digest),
			      vector->len);
	}
}

static void blake3_pieces_test(struct kunit *test)
{
	static const size_t pieces[] = { 1,   3,    63,	  64,	65,   127,
					 500, 1023, 1024, 1025, 2049, 5000 };
	const struct blake3_vector *vector = test->param_value;
	struct blake3_fixture *fix = test->priv;
	u8 digest[BLAKE3_HASH_SIZE];
	size_t i, at, n;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		begin(&fix->ctx, MODE_KEYED);
		for (at = 0; at < vector->len; at += n) {
			n = min(pieces[i], vector->len - at);
			blake3_update(&fix->ctx, fix->input + at, n);
			blake3_update(&fix->ctx, NULL, 0);
		}
		blake3_final(&fix->ctx, digest, sizeof(digest));
		expect_digest(test, digest, vector, MODE_KEYED, sizeof(digest),
			      pieces[i]);
	}
}

/* Each shorter output is the beginning, and nothing is written beyond it. */
static void expect_prefixes(struct kunit *test, const struct blake3_ctx *ctx,
			    const u8 *full)
{
	u8 part[EXTENDED_SIZE + 1];
	size_t size;

	for (size = 0; size <= EXTENDED_SIZE; size++) {
		memset(part, 0x5a, sizeof(part));
		blake3_final(ctx, part, size);
		KUNIT_EXPECT_MEMEQ_MSG(test, part, full, size,
				       "output of %zu bytes", size);
		KUNIT_EXPECT_EQ_MSG(test, part[size], 0x5a,
				    "output of %zu bytes", size);
	}
}

static void blake3_extended_test(struct kunit *test)
{
	const struct blake3_vector *vector = test->param_value;
	struct blake3_fixture *fix = test->priv;
	u8 output[EXTENDED_SIZE];
	enum blake3_mode mode;

	for (mode = 0; mode < MODE_COUNT; mode++) {
		begin(&fix->ctx, mode);
		blake3_update(&fix->ctx, fix->input, vector->len);
		blake3_final(&fix->ctx, output, sizeof(output));
		expect_digest(test, output, vector, mode, sizeof(output),
			      vector->len);
		expect_prefixes(test, &fix->ctx, output);
	}
}

/* A digest of the input so far must leave the context as it was. */
static void blake3_running_test(struct kunit *test)
{
	struct blake3_fixture *fix = test->priv;
	u8 digest[BLAKE3_HASH_SIZE];
	size_t i, at = 0;

	begin(&fix->ctx, MODE_HASH);
	for (i = 0; i < ARRAY_SIZE(digests); i++) {
		blake3_update(&fix->ctx, fix->input + at, digests[i].len - at);
		at = digests[i].len;
		blake3_final(&fix->ctx, digest, sizeof(digest));
		expect_digest(test, digest, &digests[i], MODE_HASH,
			      sizeof(digest), at);
	}
}

/* The audit chain hashes the previous value and a row into that value's place. */
static void blake3_in_place_test(struct kunit *test)
{
	struct blake3_fixture *fix = test->priv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(digests); i++) {
		u8 *buffer;

		if (digests[i].len < BLAKE3_HASH_SIZE)
			continue;
		buffer = kunit_kmalloc(test, digests[i].len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, buffer);
		memcpy(buffer, fix->input, digests[i].len);
		blake3(buffer, buffer, digests[i].len);
		expect_digest(test, buffer, &digests[i], MODE_HASH,
			      BLAKE3_HASH_SIZE, digests[i].len);
		kunit_kfree(test, buffer);
	}
}

static void blake3_unaligned_test(struct kunit *test)
{
	struct blake3_fixture *fix = test->priv;
	const struct blake3_vector *vector = &digests[ARRAY_SIZE(digests) - 4];
	u8 digest[BLAKE3_HASH_SIZE + 8];
	size_t shift;

	for (shift = 1; shift < 8; shift++) {
		memmove(fix->input + shift, fix->input + shift - 1,
			vector->len);
		blake3(digest + shift, fix->input + shift, vector->len);
		expect_digest(test, digest + shift, vector, MODE_HASH,
			      BLAKE3_HASH_SIZE, vector->len);
	}
}

static struct kunit_case blake3_cases[] = {
	KUNIT_CASE_PARAM(blake3_oneshot_test, digests_gen_params),
	KUNIT_CASE_PARAM(blake3_modes_test, digests_gen_params),
	KUNIT_CASE_PARAM(blake3_pieces_test, digests_gen_params),
	KUNIT_CASE_PARAM(blake3_extended_test, extended_gen_params),
	KUNIT_CASE(blake3_running_test),
	KUNIT_CASE(blake3_in_place_test),
	KUNIT_CASE(blake3_unaligned_test),
	{}
};

static struct kunit_suite blake3_suite = {
	.name = "blake3",
	.init = setup,
	.exit = teardown,
	.test_cases = blake3_cases,
};

kunit_test_suite(blake3_suite);

MODULE_DESCRIPTION("KUnit tests of the BLAKE3 library");
MODULE_LICENSE("GPL");
